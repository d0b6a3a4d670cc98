/* command_demo.c - sheaf demo: services, gateway and a page, all in one process */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "app/command.h"
#include "app/demo_page.h"
#include "app/demo_service.h"
#include "app/process.h"
#include "app/snapshot.h"
#include "base/check.h"

/* The file examples/product-page/sheaf.yaml, put in by the build. */
extern const char demo_config[];
extern const size_t demo_config_n;

enum {
    KEPT_BLOBS = 1024 * 1024
};

/* Lives as long as the process. */
static struct {
    struct loop loop;
    struct demo_services services;
    struct demo_page page;
    pthread_t thread;
} demo;

static void *serve(void *unused)
{
    (void)unused;
    loop_run(&demo.loop);
    return NULL;
}

static bool open_demo(void)
{
    loop_init(&demo.loop, &demo, KEPT_BLOBS, NULL);
    return demo_service_open(&demo.services, &demo.loop) &&
           demo_page_open(&demo.page, &demo.loop, (struct slice){demo_config, demo_config_n});
}

/* The configuration is a file that exists in memory alone. */
static bool write_config(char *path, size_t n)
{
    int fd = memfd_create("sheaf.yaml", 0);
    if (fd < 0 || write(fd, demo_config, demo_config_n) != (ssize_t)demo_config_n)
        return false;
    snprintf(path, n, "/proc/self/fd/%d", fd);
    return true;
}

static void tell(const struct snapshot *s)
{
    (void)s;
    printf("Eight services listen on 127.0.0.1:%d to %d, each can be asked alone:\n",
           DEMO_FIRST_PORT, DEMO_FIRST_PORT + DEMO_N_SERVICES - 1);
    printf("  curl 'http://127.0.0.1:9004/reviews/1042'\n\n");
    printf("Sheaf makes one answer of them on 127.0.0.1:8080:\n");
    printf("  curl 'http://127.0.0.1:8080/api/aggregated/product?id=1042'\n");
    printf("  curl 'http://127.0.0.1:8080/api/aggregated/product?id=1042&break=reviews'\n");
    printf("  curl 'http://127.0.0.1:8080/api/aggregated/product?id=1042&slow=shipping'\n");
    printf("  curl 'http://127.0.0.1:8080/api/aggregated/product?id=1042&break=product'\n\n");
    printf("To see it, open http://127.0.0.1:%d/ and break something. Ctrl-C ends it.\n",
           DEMO_PAGE_PORT);
    printf("Below is the access log, one line a request.\n\n");
    fflush(stdout);
}

/* What has failed is told already. */
static enum exit_code give_up(void)
{
    fprintf(stderr,
            "sheaf: the demo needs the ports 8080, %d, 9090 and %d to %d of 127.0.0.1 for itself; "
            "`ss -ltnp` tells who has one\n",
            DEMO_PAGE_PORT, DEMO_FIRST_PORT, DEMO_FIRST_PORT + DEMO_N_SERVICES - 1);
    return EXIT_RUN_TIME;
}

enum exit_code command_demo(const struct command_line *line)
{
    (void)line;
    char path[64];
    const struct command_line of_demo = {.config_file = path};
    if (!write_config(path, sizeof path)) {
        perror("sheaf: the demo's configuration");
        return EXIT_RUN_TIME;
    }
    if (!open_demo())
        return give_up();
    struct snapshot *s = snapshot_load(path, 0);
    CHECK(s);
    process_hold_signals();
    CHECK(pthread_create(&demo.thread, NULL, serve, NULL) == 0);
    enum exit_code code = process_serve(s, &of_demo, tell);
    return code == EXIT_GOOD ? code : give_up();
}
