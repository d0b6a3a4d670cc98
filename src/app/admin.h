/* admin.h - what an operator can ask on the admin address: /healthz, /readyz, /metrics
 *
 * Answered on the control thread, whose struct control is the context of the exchanges.
 */
#pragma once

#include "http/exchange.h"

extern const struct exchange_handlers admin_handlers;
