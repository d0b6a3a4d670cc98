/* control_targets.h - where the targets of the services are by now, and which of them are well
 *
 * Names are resolved, SRV records become targets, and services with `health` have a prober for each
 * target. Each change goes to the workers. A reload hands on what is known of the same hosts, and
 * of the health of targets whose checks stay the same.
 *
 * A target of SRV records has a slot behind the configured targets of its service (service.h), the
 * lowest that is free, for as long as the records name its host and port.
 */
#pragma once

struct config;
struct control;
struct metrics;
struct control_service;
struct worker_target;

/* Of the control thread; a member of it. */
struct control_targets {
    struct control_service *services; /* by index of the service */
    unsigned n_services;
};

/* Names whose first answer is awaited; each is taken off by control_settle(). */
unsigned control_targets_count(const struct config *config);
/* Those of the control's snapshot from now on; before: those of the snapshot before it, whose
 * configuration is still there, or none. */
void control_targets_watch(struct control *c, const struct control_targets *before);
/* All that is known, of each target; *n of them, the caller's to free. */
struct worker_target *control_targets_known(const struct control *c, unsigned *n);
void control_targets_done(struct control_targets *t);
/* What an operator may know of them. */
void control_targets_show(const struct control *c, struct metrics *m);
