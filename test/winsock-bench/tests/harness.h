// A tiny harness: one process to a test, everything bounded in time, and at the end the bench's own verdict.
#ifndef HARNESS_H
#define HARNESS_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "rio_abi.h"
#include "rio_bench.h"

#define TEST(name) \
    static void name(void); \
    __attribute__((constructor)) static void add_##name(void) { harness_add(#name, name); } \
    static void name(void)

// Not a test of its own: what a test starts as another process. It is not listed.
#define CHILD(name) TEST(name)

#define CHECK(condition) \
    do { \
        if (!(condition)) { \
            harness_fail(__FILE__, __LINE__, "%s, last error %d", #condition, WSAGetLastError()); \
        } \
    } while (0)

#define CHECK_EQUAL(actual, expected) \
    do { \
        long long actual_ = (long long)(actual), expected_ = (long long)(expected); \
        if (actual_ != expected_) { \
            harness_fail(__FILE__, __LINE__, "%s is %lld, not %lld", #actual, actual_, expected_); \
        } \
    } while (0)

// Answers FALSE (or an invalid handle) with this error.
#define CHECK_REFUSED(call, error) \
    do { \
        WSASetLastError(0); \
        bool accepted_ = (call); \
        int error_ = WSAGetLastError(); \
        if (accepted_ || error_ != (error)) { \
            harness_fail(__FILE__, __LINE__, "%s: %s with %d, not %d", #call, accepted_ ? "accepted" : "refused", \
                error_, (int)(error)); \
        } \
    } while (0)

// The library, loaded as the runtime loads it: by name, every function by GetProcAddress.
typedef struct library {
    SOCKET(WSAAPI *make_socket)(int, int, int, WSAPROTOCOL_INFOW *, GROUP, DWORD);
    int(WSAAPI *close_socket)(SOCKET);
    int(WSAAPI *shut_down)(SOCKET, int);
    int(WSAAPI *ioctl)(SOCKET, DWORD, void *, DWORD, void *, DWORD, DWORD *, WSAOVERLAPPED *, void *);
    int (*configure)(const char *);
    int (*counters)(rio_bench_counters_t *);
    int (*outstanding)(rio_bench_outstanding_t *);
    int (*breaches)(void);
    int (*breach)(int, char *, int);
    int (*breaches_named)(const char *);
    int (*report)(void);
    void (*reset)(void);
} library;

extern library lib;
extern rio_table rio;

// A connected RIO socket, its queues, a page-aligned registered buffer, and the plain socket at the other end.
#define WORLD_MEMORY 65536
typedef struct world {
    rio_cq cq;
    rio_rq rq;
    SOCKET socket, peer;
    char *memory;
    rio_buffer_id buffer;
} world;

typedef void (*test_body)(void);
void harness_add(const char *name, test_body body);
void harness_fail(const char *file, int line, const char *format, ...)
    __attribute__((noreturn, format(printf, 3, 4)));

SOCKET rio_socket(int family);
SOCKET listen_on_loopback(int family, struct sockaddr_storage *address, int *length);
void connect_pair(int family, SOCKET *made, SOCKET *peer);

world world_open(ULONG receives, ULONG sends, DWORD cq_size);
void world_close(world *one);
void close_sockets(world *one);

rio_buffer slice(const world *one, uint32_t offset, uint32_t length);
BOOL send_slice(const world *one, uint32_t offset, uint32_t length, DWORD flags, uint64_t context);
BOOL receive_slice(const world *one, uint32_t offset, uint32_t length, DWORD flags, uint64_t context);

// Dequeues until there are so many, within five seconds; fails when they do not come.
void take_results(rio_cq cq, rio_result *results, int count);
// No completion comes within these milliseconds.
void check_none(rio_cq cq, DWORD milliseconds);

// The breach happened so often, and no other. Leaves the test's leaks to be checked by it.
void check_caught(const char *name, int times);
void check_clean(void);
// This test leaves its breaches to the harness: without it, any breach or leak at the end is a failure.
void breaches_expected(void);

rio_bench_counters_t counters(void);

#endif
