// What a test can ask of the bench, next to the ws2_32 functions it stands in for. Every function is exported by its
// plain name from rio_bench.dll (x64, the one calling convention there is).
#ifndef RIO_BENCH_H
#define RIO_BENCH_H

#include <stdint.h>

// Only ever grows at its end; `size` is set by the caller, and no more than that is written.
typedef struct rio_bench_counters_t {
    uint32_t size;
    uint32_t reserved;
    uint64_t sends;                 //   8  RIOSend(Ex) accepted, deferred or not; without commits
    uint64_t sends_deferred;        //  16  of those, with RIO_MSG_DEFER
    uint64_t send_commits;          //  24  RIOSend(Ex) with RIO_MSG_COMMIT_ONLY
    uint64_t send_transitions;      //  32  sends without DEFER, and commits: each one enters the kernel
    uint64_t receives;              //  40
    uint64_t receives_deferred;     //  48
    uint64_t receive_commits;       //  56
    uint64_t receive_transitions;   //  64
    uint64_t notifies;              //  72  RIONotify that armed
    uint64_t notifications;         //  80  those that fired
    uint64_t dequeues;              //  88  RIODequeueCompletion, with or without a result
    uint64_t empty_dequeues;        //  96
    uint64_t completions;           // 104  results handed out
    uint64_t registrations;         // 112
    uint64_t deregistrations;       // 120
    uint64_t cqs_created;           // 128
    uint64_t cqs_closed;            // 136
    uint64_t cq_resizes;            // 144
    uint64_t rqs_created;           // 152
    uint64_t rqs_closed;            // 160
    uint64_t rq_resizes;            // 168
    uint64_t refused;               // 176  requests that gave FALSE, for whatever reason
    uint64_t injected;              // 184  faults that came from the settings
    uint64_t bytes_sent;            // 192
    uint64_t bytes_received;        // 200
    uint64_t kernel_sends;          // 208  WSASend of the bench's own; says nothing about Windows
    uint64_t kernel_receives;       // 216
    uint64_t breaches;              // 224
} rio_bench_counters_t;

typedef struct rio_bench_outstanding_t {
    uint32_t requests;      //  0  accepted and not yet dequeued
    uint32_t request_queues; // 4
    uint32_t completion_queues; // 8
    uint32_t registrations; // 12
} rio_bench_outstanding_t;

_Static_assert(sizeof(rio_bench_counters_t) == 232, "part of the bench's interface");
_Static_assert(sizeof(rio_bench_outstanding_t) == 16, "part of the bench's interface");

// "key=value;key=value": replaces every setting. 1 when all were understood; 0, and a breach, when not.
int rio_bench_configure(const char *settings);

// Both give 1 when something was written.
int rio_bench_counters(rio_bench_counters_t *counters);
int rio_bench_outstanding(rio_bench_outstanding_t *outstanding);

// How many breaches there are; the text of one, "name: what happened", and its full length (0 when there is none).
int rio_bench_breaches(void);
int rio_bench_breach(int index, char *text, int size);
// How many of one name; -1 when the bench knows no such name.
int rio_bench_breaches_named(const char *name);

// Says what was never released as breaches (each thing once), writes the report where RIO_BENCH_REPORT tells, and
// gives the number of breaches.
int rio_bench_report(void);

// Forgets counters and breaches, not queues and registrations. For a process with many tests.
void rio_bench_reset(void);

#endif
