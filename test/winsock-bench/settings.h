// What a run is told to be: the settings and the dice.
#ifndef SETTINGS_H
#define SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

// Where a fault can be injected.
enum fault_point {
    FAULT_CREATE_CQ,
    FAULT_CREATE_RQ,
    FAULT_RESIZE_CQ,
    FAULT_RESIZE_RQ,
    FAULT_REGISTER,
    FAULT_SEND,
    FAULT_RECEIVE,
    FAULT_ABORTED,
    FAULT_RESET,
    FAULT_CORRUPT,
    FAULT_LATE,
    FAULT_EAGER,
    FAULT_SHORT,
    FAULT_POINTS
};

typedef struct bench_options {
    uint64_t seed;
    bool strict;    // any second use of a registration in flight is a breach
    bool owner;     // an RQ is used only by the thread that dequeued last from its CQ
    bool checksum;  // the bytes of a send must be the same at its dequeue
    uint32_t stay;  // microseconds every call stays in its queue, so that two threads meet
    uint32_t late_ms;
    uint32_t rate[FAULT_POINTS]; // in a thousand
    uint64_t at[FAULT_POINTS];   // exactly the n-th time in the process, from 1
    uint32_t code[FAULT_POINTS]; // 0: drawn from the documented ones
    uint64_t occurrences[FAULT_POINTS]; // of each, since these settings were made
    char text[512];
} bench_options;

extern bench_options bench_settings;

bool settings_apply(const char *text);

// A number that depends on the seed and these alone, never on what other threads did before.
uint64_t settings_draw(enum fault_point point, uint64_t subject, uint64_t ordinal);

// The error to answer, or 0 for "let it be". The subject is the serial number of a queue, or 0 for the process; the
// ordinal counts on that subject. From FAULT_CORRUPT on it is 1.
int32_t settings_fault(enum fault_point point, uint64_t subject, uint64_t ordinal);

#endif
