/* control_internal.h - what the files of the control thread share; all on its own thread */
#pragma once

#include "app/control.h"

/* One of the things that the snapshot's service waits for is known: the first addresses of a name,
 * the first line of a service's credentials. After the last one the workers may go over to it. */
void control_settle(struct control *c);
