/* control_keys.h - files of API keys, looked at every second and handed to the workers
 *
 * A file that is gone, or wrong, changes nothing: who could ask before still can. That is told
 * once. Control thread only.
 */
#pragma once

#include "net/wheel.h"

struct control;
struct control_keys_file;

/* Of the control thread; a member of it. */
struct control_keys {
    struct control_keys_file *all; /* one a policy that has a file */
    unsigned n;
    struct wheel_entry look;
};

void control_keys_init(struct control *c);
/* Those of the control's snapshot from now on. */
void control_keys_watch(struct control *c);
void control_keys_done(struct control *c);
