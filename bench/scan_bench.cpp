// scan_bench.cpp - our scanner against simdjson's DOM, both held to the same instruction set
//
// usage: scan_bench [ROUNDS]
//
// For each document the two take turns within one process; a turn is long enough for the clock
// and, at some 100 microseconds, short enough that both see the same machine, which changes its
// pace more slowly than that. The figure is the median of the rounds' ratios (simdjson's time by
// ours: above 1 we are faster), beside both medians in nanoseconds a document. simdjson has it as
// comfortable as it can be: a parser with memory of its own from before, and padded input. The DOM
// is built and not looked at.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <simdjson.h>

extern "C" {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic" // compound literals are C
#include "json/scan.h"
#pragma GCC diagnostic pop
}

namespace
{

struct document {
    const char *name;
    std::string text;
};

struct pairing {
    scan_level level;
    const char *implementation;
};

const pairing pairings[] = {
    {SCAN_SCALAR, "fallback"},
    {SCAN_SSE42, "westmere"},
    {SCAN_AVX2, "haswell"},
    {SCAN_AVX512, "icelake"},
};

// The same on every run and machine.
unsigned next_random()
{
    static unsigned state = 42;
    state = state * 1103515245u + 12345u;
    return state >> 16 & 0x7fff;
}

template <typename... A> std::string print(const char *format, A... values)
{
    char line[512];
    int n = snprintf(line, sizeof(line), format, values...);
    return std::string(line, static_cast<size_t>(n));
}

// What the services of the data plane's measurements answer (the shared mock's answer()).
std::string mock(size_t want)
{
    std::string s = "{\"service\":\"product\",\"id\":\"p-1042\",\"name\":\"Trail running shoe\","
                    "\"price\":129.95,\"tags\":[\"a\",\"b\"],\"stock\":17,\"items\":[";
    for (int k = 0; s.size() + 60 < want; k++)
        s += print("%s{\"sku\":\"S-%06d\",\"qty\":%d,\"ok\":true}", k ? "," : "", k, k % 97);
    return s + "]}";
}

std::string pretty()
{
    std::string s = "{\n    \"orders\": [\n";
    for (int k = 0; s.size() < 19000; k++) {
        s += print("%s        {\n            \"id\": %u,\n            \"customer\": {\n"
                   "                \"name\": \"Customer %d\",\n                \"tags\": [\n"
                   "                    \"new\",\n                    \"%x\"\n"
                   "                ],\n                \"active\": %s,\n"
                   "                \"note\": null\n            },\n            \"total\": %u.%02u\n"
                   "        }",
                   k ? ",\n" : "", next_random() * 77, k, next_random(), k % 3 ? "true" : "false",
                   next_random() % 1000, next_random() % 100);
    }
    return s + "\n    ]\n}\n";
}

std::string numbers()
{
    std::string s = "{\"type\":\"Polygon\",\"coordinates\":[[";
    for (int k = 0; s.size() < 19000; k++)
        s += print("%s[%s%u.%05u%04u,%u.%05u%0*u]", k ? "," : "", k % 3 ? "-" : "",
                   next_random() % 180, next_random(), next_random() % 10000, next_random() % 90,
                   next_random(), static_cast<int>(1 + next_random() % 8), next_random() % 10);
    return s + "]]}";
}

std::string texts(const std::vector<const char *> &words, unsigned longest)
{
    std::string s = "{\"articles\":[";
    for (int k = 0; s.size() < 19000; k++) {
        s += print("%s{\"id\":%d,\"title\":\"", k ? "," : "", k);
        s += words[next_random() % words.size()];
        s += "\",\"text\":\"";
        for (unsigned n = 20 + next_random() % longest; n > 0; n--) {
            s += words[next_random() % words.size()];
            s += next_random() % 40 ? " " : next_random() % 2 ? "\\n" : ", \\\"";
        }
        s += "\"}";
    }
    return s + "]}";
}

std::vector<document> documents()
{
    const std::vector<const char *> english = {"the",  "quick",    "answer", "of",   "a",
                                               "good", "composer", "runs",   "over", "every",
                                               "lazy", "service",  "and",    "on"};
    const std::vector<const char *> other = {
        "\u0431\u044b\u0441\u0442\u0440\u044b\u0439", "\u043e\u0442\u0432\u0435\u0442",
        "\u65e5\u672c\u8a9e", "\u7d44\u307f\u5408\u308f\u305b", "stra\u00dfe",
        "\u0441\u0435\u0440\u0432\u0438\u0441", "\U0001f45f", "\u00e9t\u00e9"};
    return {
        {"mock 300 B", mock(300)},   {"mock 19 KB", mock(19000)}, {"pretty", pretty()},
        {"numbers", numbers()},      {"prose", texts(english, 120)},
        {"non-ASCII", texts(other, 120)},
    };
}

double now_ns()
{
    return std::chrono::duration<double, std::nano>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

double median(std::vector<double> values)
{
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

[[noreturn]] void refused(const char *who, const char *name)
{
    fprintf(stderr, "%s refuses %s\n", who, name);
    exit(1);
}

double ns_of_scan(scan_level level, const document &d, unsigned turns)
{
    double began = now_ns();
    for (unsigned i = 0; i < turns; i++)
        if (scan_json_at(level, {d.text.data(), d.text.size()}, 512).verdict != SCAN_OK)
            refused(scan_level_name(level), d.name);
    return (now_ns() - began) / turns;
}

double ns_of_dom(simdjson::dom::parser &parser, const simdjson::padded_string &text,
                 const document &d, unsigned turns)
{
    double began = now_ns();
    for (unsigned i = 0; i < turns; i++)
        if (parser.parse(text.data(), text.size(), false).error())
            refused("simdjson", d.name);
    return (now_ns() - began) / turns;
}

void compare(const pairing &p, const document &d, unsigned rounds)
{
    simdjson::dom::parser parser;
    if (parser.allocate(d.text.size()))
        refused("simdjson's allocation", d.name);
    simdjson::padded_string text(d.text);
    unsigned turns = static_cast<unsigned>(200000 / d.text.size()) + 1;
    std::vector<double> ours, theirs, ratios;
    for (unsigned i = 0; i < rounds; i++) {
        ours.push_back(ns_of_scan(p.level, d, turns));
        theirs.push_back(ns_of_dom(parser, text, d, turns));
        ratios.push_back(theirs.back() / ours.back());
    }
    double n = static_cast<double>(d.text.size());
    printf("%-8s %-9s %-11s %6zu B %9.1f ns %9.1f ns %6.2f GB/s %6.2f GB/s  x %.2f\n",
           scan_level_name(p.level), p.implementation, d.name, d.text.size(), median(ours),
           median(theirs), n / median(ours), n / median(theirs), median(ratios));
}

} // namespace

int main(int argc, char **argv)
{
    unsigned rounds = argc > 1 ? static_cast<unsigned>(strtoul(argv[1], nullptr, 10)) : 201;
    printf("%-8s %-9s %-11s %8s %12s %12s %11s %11s\n", "level", "simdjson", "document", "size",
           "ours", "DOM", "ours", "DOM");
    const std::vector<document> all = documents();
    for (const pairing &p : pairings) {
        auto implementation = simdjson::get_available_implementations()[p.implementation];
        bool is_here = implementation && implementation->supported_by_runtime_system();
        if (!is_here || !scan_has_level(p.level)) {
            printf("%-8s %-9s not on this machine\n", scan_level_name(p.level), p.implementation);
            continue;
        }
        simdjson::get_active_implementation() = implementation;
        for (const document &d : all)
            compare(p, d, rounds ? rounds : 1);
    }
    return 0;
}
