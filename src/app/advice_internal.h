/* advice_internal.h - what the pieces of advice share */
#pragma once

#include "app/advice.h"

/* Where the advice goes, and the endpoint that it is about. */
struct adviser {
    FILE *to;
    const struct config *config;
    const struct config_endpoint *endpoint;
    unsigned n_given;
};

/* Begins a line: the place, and what follows is the caller's, up to its end. */
void advice_point(struct adviser *a, const struct config_position *at);

/* Pieces about lists that calls are made for, and about sources that clients do not see. */
void advice_on_items(struct adviser *a);
void advice_on_hidden(struct adviser *a);
/* And about lists that cannot leave element by element. */
void advice_on_streams(struct adviser *a);
/* About texts that look like booleans. */
void advice_on_words(struct adviser *a);
/* About shapes in which one option undoes another. */
void advice_on_shapes(struct adviser *a);
/* About what sources remember. */
void advice_on_caches(struct adviser *a);
/* About all services; and about an endpoint's sources whose services try again after timeouts. */
void advice_on_services(struct adviser *a);
void advice_on_timeouts_tried_again(struct adviser *a);
