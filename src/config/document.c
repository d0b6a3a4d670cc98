/* document.c - reads a file of the configuration and counts its lines and columns
 *
 * Lines end as YAML says: LF, CR LF, or CR alone. Columns count code points from 1. libfyaml has
 * marks of its own, but only their byte offsets are used: how it counts columns is its versions'
 * business.
 */
#include "config/document.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/check.h"
#include "base/utf8.h"

enum {
    READ_SIZE = 64 * 1024
};

/* Reads until the end, so that a pipe or a file in memory does as well as a regular one. */
static enum fault read_all(int fd, struct buffer *into)
{
    for (;;) {
        size_t room = into->limit - into->n;
        if (room > READ_SIZE)
            room = READ_SIZE;
        if (room == 0)
            return FAULT_LIMIT;
        ssize_t n = read(fd, buffer_reserve(into, room), room);
        if (n == 0)
            return FAULT_NONE;
        if (n < 0 && errno != EINTR)
            return FAULT_SYSTEM;
        into->n += n > 0 ? (size_t)n : 0;
    }
}

static bool ends_line(struct slice text, size_t i)
{
    return text.at[i] == '\n' ||
           (text.at[i] == '\r' && (i + 1 == text.n || text.at[i + 1] != '\n'));
}

/* Two passes, so that the table has its exact size. */
static bool index_lines(struct document *d, struct arena *arena)
{
    size_t n = 1;
    for (size_t i = 0; i < d->text.n; i++)
        n += ends_line(d->text, i);
    d->lines = arena_take(arena, n * sizeof *d->lines);
    if (!d->lines)
        return false;
    d->is_ascii = true;
    d->lines[0] = 0;
    d->n_lines = 1;
    for (size_t i = 0; i < d->text.n; i++) {
        d->is_ascii &= (unsigned char)d->text.at[i] < 0x80;
        if (ends_line(d->text, i))
            d->lines[d->n_lines++] = i + 1;
    }
    return true;
}

/* The descriptor is closed with errno as it was. */
static enum fault read_file(struct document *d, struct buffer *bytes)
{
    struct stat about;
    int fd = open(d->path, O_RDONLY | O_CLOEXEC | (d->is_included ? O_NONBLOCK : 0));
    if (fd < 0)
        return FAULT_SYSTEM;
    enum fault fault = fstat(fd, &about) == 0 ? FAULT_NONE : FAULT_SYSTEM;
    if (!fault && d->is_included && !S_ISREG(about.st_mode)) {
        errno = S_ISDIR(about.st_mode) ? EISDIR : EINVAL;
        fault = FAULT_SYSTEM;
    }
    if (!fault)
        fault = read_all(fd, bytes);
    d->device = about.st_dev;
    d->inode = about.st_ino;
    int why = errno;
    close(fd);
    errno = why;
    return fault;
}

enum fault document_set_text(struct document *d, struct slice text, struct arena *arena)
{
    if (slice_starts(text, SLICE("\xef\xbb\xbf")))
        text = slice_after(text, 3);
    d->text = arena_copy(arena, text);
    return d->text.at && index_lines(d, arena) ? FAULT_NONE : FAULT_LIMIT;
}

enum fault document_read(struct document *d, size_t limit, struct arena *arena)
{
    struct buffer bytes;
    buffer_init(&bytes, limit + 1);
    enum fault fault = read_file(d, &bytes);
    if (fault == FAULT_NONE)
        fault = document_set_text(d, buffer_slice(&bytes), arena);
    int why = errno;
    buffer_done(&bytes);
    errno = why;
    return fault;
}

static bool is_bad_control(unsigned char c)
{
    return (c < 0x20 && c != '\n' && c != '\r' && c != '\t') || c == 0x7f;
}

size_t document_first_bad_byte(const struct document *d)
{
    size_t i = 0;
    while (i < d->text.n) {
        struct utf8_step step = utf8_step(slice_after(d->text, i));
        if (!step.is_wellformed || is_bad_control((unsigned char)d->text.at[i]))
            return i;
        i += step.n;
    }
    return i;
}

/* The index of the line that holds the byte. */
static size_t find_line(const struct document *d, size_t offset)
{
    size_t low = 0;
    size_t high = d->n_lines;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (d->lines[middle] <= offset)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* Goes on from the last count where that is on the same line, so that a long line is not counted
 * again for each place on it. */
static unsigned count_column(struct document *d, size_t line_start, size_t offset)
{
    if (d->is_ascii)
        return (unsigned)(offset - line_start) + 1;
    if (d->counted < line_start || d->counted > offset || d->column == 0) {
        d->counted = line_start;
        d->column = 1;
    }
    for (; d->counted < offset; d->counted++)
        d->column += ((unsigned char)d->text.at[d->counted] & 0xc0) != 0x80;
    return d->column;
}

struct config_position document_position(struct place place)
{
    struct document *d = place.document;
    if (!d)
        return (struct config_position){.file = "", .line = 1, .column = 1};
    if (d->n_lines == 0) /* it could not be read */
        return (struct config_position){.file = d->name, .line = 1, .column = 1};
    size_t offset = place.offset < d->text.n ? place.offset : d->text.n;
    size_t line = find_line(d, offset);
    return (struct config_position){
        .file = d->name,
        .line = (unsigned)line + 1,
        .column = count_column(d, d->lines[line], offset),
    };
}

struct slice document_line(struct place place)
{
    const struct document *d = place.document;
    if (!d || d->n_lines == 0)
        return SLICE_NONE;
    size_t line = find_line(d, place.offset < d->text.n ? place.offset : d->text.n);
    size_t end = line + 1 < d->n_lines ? d->lines[line + 1] : d->text.n;
    while (end > d->lines[line] && (d->text.at[end - 1] == '\n' || d->text.at[end - 1] == '\r'))
        end--;
    return (struct slice){d->text.at + d->lines[line], end - d->lines[line]};
}

bool document_next_line(struct place *place)
{
    const struct document *d = place->document;
    size_t next = find_line(d, place->offset) + 1;
    if (next >= d->n_lines)
        return false;
    place->offset = d->lines[next];
    return true;
}

/* Bytes that stand for themselves and for the next one: \" in double quotes, '' in single ones. */
static bool is_escape(struct slice line, size_t at, char quote)
{
    if (quote == '"')
        return line.at[at] == '\\';
    return line.at[at] == quote && at + 1 < line.n && line.at[at + 1] == quote;
}

size_t document_quoted_n(struct slice line, char quote)
{
    size_t n = 0;
    while (n < line.n) {
        if (is_escape(line, n, quote))
            n++;
        else if (line.at[n] == quote)
            return n;
        n++;
    }
    return line.n;
}

void document_hide(struct place place, size_t n)
{
    struct slice text = place.document->text;
    CHECK(place.offset <= text.n && n <= text.n - place.offset);
    memset((char *)text.at + place.offset, '*', n);
}
