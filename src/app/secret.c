/* secret.c - a small file, looked at before it is read */
#include "app/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "service/credentials.h"

enum {
    YOUNG_S = 3
};

void secret_init(struct secret *s, const struct config_secret *from, size_t limit)
{
    *s = (struct secret){.text = from->text, .file = from->file, .limit = limit};
    buffer_init(&s->read, limit);
}

void secret_move(struct secret *s, const struct config_secret *to)
{
    s->text = to->text;
    s->file = to->file;
}

static bool is_same_time(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool is_same_file(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size &&
           is_same_time(a->st_mtim, b->st_mtim) && is_same_time(a->st_ctim, b->st_ctim);
}

/* Clocks of file systems are coarse: two writes in a row may have the same time. The time of a
 * content can be set (cp -p), that of a change cannot. */
static bool is_young(const struct stat *seen)
{
    time_t last =
        seen->st_ctim.tv_sec > seen->st_mtim.tv_sec ? seen->st_ctim.tv_sec : seen->st_mtim.tv_sec;
    return time(NULL) - last < YOUNG_S;
}

static bool is_fit(const struct stat *seen, size_t limit)
{
    return S_ISREG(seen->st_mode) && seen->st_size > 0 && (size_t)seen->st_size <= limit;
}

/* All of the file, into a buffer with room for it; one that grows meanwhile is read again by the
 * next look, as its size is another by then. */
static bool read_all(int fd, struct buffer *out, size_t n)
{
    char *at = buffer_reserve(out, n);
    while (at && out->n < n) {
        ssize_t got = read(fd, at + out->n, n - out->n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        out->n += (size_t)got;
    }
    return out->n == n;
}

static void drop_line_breaks(struct buffer *b)
{
    while (b->n && (b->at[b->n - 1] == '\n' || b->at[b->n - 1] == '\r'))
        b->n--;
}

/* The file itself tells what was read: its name may lead to another one by now. */
static bool read_file(struct secret *s, struct buffer *out)
{
    int fd = open(s->file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return false;
    bool good = fstat(fd, &s->seen) == 0 && is_fit(&s->seen, s->limit) &&
                read_all(fd, out, (size_t)s->seen.st_size);
    close(fd);
    drop_line_breaks(out);
    return good && out->n;
}

static enum secret_news lose(struct secret *s)
{
    bool is_news = !s->was_lost;
    s->was_lost = true;
    return is_news ? SECRET_LOST : SECRET_SAME;
}

static enum secret_news take(struct secret *s, struct buffer *read)
{
    bool is_same = slice_equal(buffer_slice(&s->read), buffer_slice(read));
    credentials_forget(&s->read);
    s->read = *read;
    s->was_lost = false;
    return is_same ? SECRET_SAME : SECRET_CHANGED;
}

enum secret_news secret_look(struct secret *s)
{
    struct stat now;
    struct buffer read;
    if (!s->file)
        return SECRET_SAME;
    if (stat(s->file, &now) != 0) {
        s->seen = (struct stat){0};
        return lose(s);
    }
    if (is_same_file(&now, &s->seen) && !s->was_young)
        return SECRET_SAME;
    s->seen = now;
    s->was_young = is_young(&now);
    buffer_init(&read, s->limit);
    if (read_file(s, &read))
        return take(s, &read);
    credentials_forget(&read);
    s->seen = (struct stat){0}; /* whatever was in the way may be gone by the next look */
    return lose(s);
}

struct slice secret_value(const struct secret *s)
{
    return s->file ? buffer_slice(&s->read) : s->text;
}

void secret_done(struct secret *s)
{
    credentials_forget(&s->read);
}
