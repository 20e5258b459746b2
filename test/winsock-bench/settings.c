#include "settings.h"

#include "breaches.h"
#include "rio_abi.h"

#include <stdlib.h>
#include <string.h>

bench_options bench_settings;

static const char *const point_names[FAULT_POINTS] = {
    [FAULT_CREATE_CQ] = "create_cq",
    [FAULT_CREATE_RQ] = "create_rq",
    [FAULT_RESIZE_CQ] = "resize_cq",
    [FAULT_RESIZE_RQ] = "resize_rq",
    [FAULT_REGISTER] = "register",
    [FAULT_SEND] = "send",
    [FAULT_RECEIVE] = "receive",
    [FAULT_ABORTED] = "aborted",
    [FAULT_RESET] = "reset",
    [FAULT_CORRUPT] = "corrupt",
    [FAULT_LATE] = "late",
    [FAULT_EAGER] = "eager",
    [FAULT_SHORT] = "short",
};

// The documented return codes of each function that a correct caller can meet too. WSAEINVAL of RIOSend and RIOReceive
// covers "other issues with parameters"; WSAEFAULT of RIORegisterBuffer is what memory that cannot be locked gives.
static const int32_t documented[FAULT_POINTS][4] = {
    [FAULT_CREATE_CQ] = { WSAENOBUFS, WSAEINVAL, WSAEFAULT },
    [FAULT_CREATE_RQ] = { WSAENOBUFS, WSAEINVAL },
    [FAULT_RESIZE_CQ] = { WSAENOBUFS, WSAETOOMANYREFS, WSAEFAULT },
    [FAULT_RESIZE_RQ] = { WSAENOBUFS, WSAETOOMANYREFS },
    [FAULT_REGISTER] = { WSAEFAULT },
    [FAULT_SEND] = { WSAENOBUFS, WSAEINVAL, WSAEFAULT },
    [FAULT_RECEIVE] = { WSAENOBUFS, WSAEINVAL, WSAEFAULT, WSA_OPERATION_ABORTED },
    [FAULT_ABORTED] = { WSA_OPERATION_ABORTED },
    [FAULT_RESET] = { WSAECONNRESET, WSAECONNABORTED, WSAENETRESET, WSAETIMEDOUT },
    [FAULT_CORRUPT] = { 1 },
    [FAULT_LATE] = { 1 },
    [FAULT_EAGER] = { 1 },
    [FAULT_SHORT] = { 1 },
};

static const enum fault_point without_memory[] = {
    FAULT_CREATE_CQ, FAULT_CREATE_RQ, FAULT_RESIZE_CQ, FAULT_RESIZE_RQ, FAULT_SEND, FAULT_RECEIVE
};

static bool same(const char *text, size_t length, const char *name)
{
    return strlen(name) == length && memcmp(text, name, length) == 0;
}

static bool allow_all(const char *names)
{
    while (*names != '\0') {
        size_t length = strcspn(names, ",");
        if (!breach_allow(names, (unsigned)length)) {
            return false;
        }
        names += length + (names[length] == ',');
    }
    return true;
}

static bool apply_fault(bench_options *to, const char *key, size_t length, uint64_t number)
{
    for (int point = 0; point < FAULT_POINTS; point++) {
        size_t named = strlen(point_names[point]);
        if (length < named || memcmp(key, point_names[point], named) != 0) {
            continue;
        }
        const char *rest = key + named;
        size_t left = length - named;
        if (left == 0) {
            to->rate[point] = (uint32_t)number;
            return number <= 1000;
        }
        if (same(rest, left, "_at")) {
            to->at[point] = number;
            return true;
        }
        if (same(rest, left, "_code")) {
            to->code[point] = (uint32_t)number;
            return true;
        }
    }
    return false;
}

static bool apply(bench_options *to, const char *key, size_t length, const char *value)
{
    if (same(key, length, "allow")) {
        return allow_all(value);
    }
    char *end;
    uint64_t number = strtoull(value, &end, 10);
    if (end == value || *end != '\0') {
        return false;
    }
    if (same(key, length, "seed")) {
        to->seed = number;
    } else if (same(key, length, "strict")) {
        to->strict = number != 0;
    } else if (same(key, length, "owner")) {
        to->owner = number != 0;
    } else if (same(key, length, "checksum")) {
        to->checksum = number != 0;
    } else if (same(key, length, "stay")) {
        to->stay = (uint32_t)number;
    } else if (same(key, length, "late_ms")) {
        to->late_ms = (uint32_t)number;
    } else if (same(key, length, "nobufs")) {
        for (size_t i = 0; i < sizeof without_memory / sizeof without_memory[0]; i++) {
            to->rate[without_memory[i]] = (uint32_t)number;
            to->code[without_memory[i]] = WSAENOBUFS;
        }
        return number <= 1000;
    } else {
        return apply_fault(to, key, length, number);
    }
    return true;
}

bool settings_apply(const char *text)
{
    bench_options fresh = { .seed = 1, .checksum = true, .late_ms = 20 };
    bool understood = strlen(text) < sizeof fresh.text;
    char copy[sizeof fresh.text] = { 0 };
    strncpy(copy, text, sizeof copy - 1);
    memcpy(fresh.text, copy, sizeof copy);
    breach_allow_none();
    for (char *pair = strtok(copy, "; \t"); pair != NULL; pair = strtok(NULL, "; \t")) {
        char *equals = strchr(pair, '=');
        understood &= equals != NULL && apply(&fresh, pair, (size_t)(equals - pair), equals + 1);
    }
    bench_settings = fresh;
    return understood;
}

// SplitMix64's finisher: every bit of the input reaches every bit of the output.
static uint64_t mix(uint64_t value)
{
    value += 0x9E3779B97F4A7C15u;
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9u;
    value = (value ^ (value >> 27)) * 0x94D049BB133111EBu;
    return value ^ (value >> 31);
}

uint64_t settings_draw(enum fault_point point, uint64_t subject, uint64_t ordinal)
{
    return mix(mix(mix(bench_settings.seed) ^ ((uint64_t)point << 56) ^ subject) ^ ordinal);
}

int32_t settings_fault(enum fault_point point, uint64_t subject, uint64_t ordinal)
{
    bench_settings.occurrences[point]++;
    uint64_t drawn = settings_draw(point, subject, ordinal);
    bool hit = bench_settings.at[point] == bench_settings.occurrences[point] || drawn % 1000 < bench_settings.rate[point];
    if (!hit) {
        return 0;
    }
    if (bench_settings.code[point] != 0) {
        return (int32_t)bench_settings.code[point];
    }
    unsigned codes = 0;
    while (codes < 4 && documented[point][codes] != 0) {
        codes++;
    }
    return documented[point][(drawn >> 32) % codes];
}
