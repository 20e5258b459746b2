// What the parts of the bench share. One lock guards all of it: this is a judge, not a fast lane.
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>

#include "rio_abi.h"
#include "rio_bench.h"
#include "breaches.h"
#include "settings.h"

enum direction { SENDING, RECEIVING };

// How many committed sends one WSASend gathers. They still complete one by one, in order.
#define GATHERED 16

typedef struct request request;
typedef struct request_queue request_queue;
typedef struct completion_queue completion_queue;
typedef struct registration registration;

struct registration {
    rio_buffer_id id;
    char *memory;
    uint32_t length;
    bool open;
    bool aliased; // another registration has bytes of the same memory
    bool said;    // its leak was reported
    uint32_t uses;
    request *requests; // in flight: from the request to the dequeue of its completion
};

struct request {
    request *next; // where it waits: in the RQ, among the late ones, or in the CQ
    request *use_next, *use_previous;
    request_queue *owner;
    registration *buffer;
    enum direction direction;
    uint32_t offset, length, transferred;
    DWORD flags;
    uint64_t context;
    uint64_t checksum;
    bool committed;
    int32_t doom;   // the status an injection gives it instead of its own, or 0
    int32_t status;
    uint64_t due;   // when a late completion is delivered, in milliseconds of GetTickCount64
};

typedef struct request_list {
    request *head, *tail;
} request_list;

// One call into the real Winsock. Never two at a time for one direction of a queue: that keeps a stream in order.
typedef struct kernel_call {
    OVERLAPPED overlapped;
    request_queue *owner;
    enum direction direction;
    bool busy;
    int gathered;
} kernel_call;

// One half of a request queue.
typedef struct half {
    completion_queue *cq;
    uint32_t limit;
    uint32_t outstanding; // charged from the request to the dequeue
    uint32_t deferred;    // of those, waiting for a commit
    uint32_t late;
    uint64_t late_until;
    uint64_t ordinal;   // requests so far: what the injections draw by
    uint64_t completed; // completions so far: what lateness draws by
    request_list requests;
    kernel_call call;
} half;

struct request_queue {
    rio_rq id;
    uint32_t serial;
    SOCKET socket;
    uint64_t context;
    bool closed, said;
    int32_t broken; // the status of everything from now on, or 0
    DWORD inside;   // the thread that is in a call on this queue
    half lanes[2];
};

struct completion_queue {
    rio_cq id;
    uint32_t serial;
    uint32_t size;
    uint32_t promised;    // sum of the limits of the open RQs on it
    uint32_t outstanding; // requests whose completions belong here and were not dequeued
    uint32_t orphaned;    // of those, on RQs that are closed
    uint32_t entries;
    uint32_t notifiable; // entries without RIO_MSG_DONT_NOTIFY
    request_list completions;
    bool has_notification, armed, closed, corrupt, said;
    rio_notification notification;
    uint64_t dequeues;
    DWORD inside;
    DWORD poller; // the thread that dequeued last
};

typedef struct bench_state {
    SRWLOCK lock;
    CONDITION_VARIABLE call_ended;
    HANDLE port;
    DWORD worker;
    rio_bench_counters_t counters;
    uint32_t requests; // accepted and not dequeued, in all
} bench_state;

extern bench_state bench;

// bench.c
void bench_begin(void);     // settings from the environment, once
bool bench_start_worker(void);
void bench_lock(void);
void bench_unlock(void);
void bench_stay(void); // gives the lock up for a while, so that another thread can show itself
void *bench_allocate(size_t size); // zeroed; ends the process when there is no memory, as a bench may
void list_append(request_list *list, request *item);
request *list_take(request_list *list);

// registrations.c
registration *registration_find(rio_buffer_id id);
int registration_check_use(enum direction direction, const rio_buffer *data, registration **found);
void registration_use(registration *buffer, request *use);
void registration_release(request *use);
void registrations_say_leaks(void);
uint32_t registrations_open(void);
rio_buffer_id WINAPI bench_register_buffer(void *memory, DWORD length);
void WINAPI bench_deregister_buffer(rio_buffer_id id);

// completion_queue.c
completion_queue *cq_find(rio_cq id);
bool cq_enter(completion_queue *cq, const char *call, enum breach_name name);
void cq_leave(completion_queue *cq);
bool cq_usable(const completion_queue *cq);
bool cq_has_room(const completion_queue *cq, uint64_t more);
void cq_deliver(request *done);
void cqs_say_leaks(void);
uint32_t cqs_open(void);
rio_cq WINAPI bench_create_completion_queue(DWORD size, const rio_notification *notification);
void WINAPI bench_close_completion_queue(rio_cq id);
BOOL WINAPI bench_resize_completion_queue(rio_cq id, DWORD size);
ULONG WINAPI bench_dequeue_completion(rio_cq id, rio_result *results, ULONG count);
int WINAPI bench_notify(rio_cq id);

// request_queue.c
request_queue *rq_find(rio_rq id, const char *call);
bool rq_enter(request_queue *rq, const char *call);
void rq_leave(request_queue *rq);
void rq_close(request_queue *rq); // with the lock held; gives it up while the kernel lets go
kernel_call *rq_call_of(ULONG_PTR key, const OVERLAPPED *overlapped); // NULL when it is somebody else's
void rqs_say_leaks(void);
uint32_t rqs_open(void);
rio_rq WINAPI bench_create_request_queue(SOCKET socket, ULONG max_receives, ULONG max_receive_buffers, ULONG max_sends,
    ULONG max_send_buffers, rio_cq receive_queue, rio_cq send_queue, void *context);
BOOL WINAPI bench_resize_request_queue(rio_rq id, DWORD max_receives, DWORD max_sends);

// requests.c
void request_end(request *done);   // dequeued, or never to be
void request_check_bytes(const request *done);
BOOL WINAPI bench_send(rio_rq queue, const rio_buffer *data, ULONG count, DWORD flags, void *context);
BOOL WINAPI bench_receive(rio_rq queue, const rio_buffer *data, ULONG count, DWORD flags, void *context);
BOOL WINAPI bench_send_ex(rio_rq queue, const rio_buffer *data, ULONG count, const rio_buffer *local,
    const rio_buffer *remote, const rio_buffer *control, const rio_buffer *flags_out, DWORD flags, void *context);
int WINAPI bench_receive_ex(rio_rq queue, const rio_buffer *data, ULONG count, const rio_buffer *local,
    const rio_buffer *remote, const rio_buffer *control, const rio_buffer *flags_out, DWORD flags, void *context);

// transfer.c: between the queues and the real Winsock
void transfer_pump(request_queue *rq, enum direction direction);
void transfer_close(request_queue *rq);
void transfer_ended(kernel_call *call, DWORD bytes, DWORD error);
DWORD transfer_deliver_late(void); // what is due; gives the milliseconds until the next, or INFINITE
void transfer_flush_late(const completion_queue *cq);

// sockets.c
typedef struct socket_entry {
    SOCKET socket;
    bool registered_io;
    request_queue *rq;
} socket_entry;
socket_entry *socket_find(SOCKET socket);

#endif
