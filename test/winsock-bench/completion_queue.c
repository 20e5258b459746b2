// Completion queues: capacity, notification, results.
#include "bench.h"

#include <stdlib.h>

#define ID_TAG 0x0000430000000043u
#define ID_STEP 8

static completion_queue **all;
static size_t made, room;
static uint32_t open_now;

uint32_t cqs_open(void)
{
    return open_now;
}

completion_queue *cq_find(rio_cq id)
{
    uint64_t index = (id ^ ID_TAG) >> ID_STEP;
    return (id & 0xFF) == (ID_TAG & 0xFF) && index < made && all[index]->id == id ? all[index] : NULL;
}

bool cq_usable(const completion_queue *cq)
{
    return !cq->closed && !cq->corrupt;
}

bool cq_has_room(const completion_queue *cq, uint64_t more)
{
    return cq->promised + more <= cq->size;
}

// Queues are not protected by the system, says RIOCreateCompletionQueue: threads that share one take turns. Turns are
// fine, whoever takes them; a meeting is not. False when somebody else is in there.
bool cq_enter(completion_queue *cq, const char *call, enum breach_name name)
{
    DWORD self = GetCurrentThreadId();
    if (cq->inside != 0 && cq->inside != self) {
        breach(name, "%s on thread %lu while thread %lu is in CQ %u", call, self, cq->inside, cq->serial);
        return false;
    }
    cq->inside = self;
    bench_stay();
    return true;
}

void cq_leave(completion_queue *cq)
{
    cq->inside = 0;
}

static bool notification_valid(const rio_notification *given)
{
    if (given->type == RIO_NOTIFY_BY_EVENT) {
        return given->event.handle != NULL;
    }
    return given->type == RIO_NOTIFY_BY_IOCP && given->iocp.handle != NULL && given->iocp.overlapped != NULL;
}

static int32_t refuse_creation(DWORD size, const rio_notification *notification)
{
    if (size < 1 || size > RIO_MAXIMUM_CQ_SIZE) {
        return WSAEINVAL;
    }
    if (notification != NULL && !notification_valid(notification)) {
        breach(BREACH_BAD_NOTIFICATION, "RIOCreateCompletionQueue: type %d, or a handle or an OVERLAPPED is missing",
            notification->type);
        return WSAEINVAL;
    }
    if (!bench_start_worker()) {
        breach(BREACH_BENCH_TROUBLE, "no worker thread: %lu", GetLastError());
        return WSAENOBUFS;
    }
    int32_t error = settings_fault(FAULT_CREATE_CQ, 0, bench.counters.cqs_created + bench.counters.injected);
    bench.counters.injected += error != 0;
    return error;
}

rio_cq WINAPI bench_create_completion_queue(DWORD size, const rio_notification *notification)
{
    bench_begin();
    bench_lock();
    int32_t error = refuse_creation(size, notification);
    if (error != 0) {
        bench_unlock();
        WSASetLastError(error);
        return RIO_INVALID_COMPLETION_QUEUE;
    }
    if (made == room) {
        room = room == 0 ? 64 : room * 2;
        all = realloc(all, room * sizeof *all);
        if (all == NULL) {
            abort();
        }
    }
    completion_queue *fresh = bench_allocate(sizeof *fresh);
    fresh->id = ((uint64_t)made << ID_STEP) ^ ID_TAG;
    fresh->serial = (uint32_t)++bench.counters.cqs_created;
    fresh->size = size;
    if (notification != NULL) {
        fresh->has_notification = true;
        fresh->notification = *notification;
    }
    all[made++] = fresh;
    open_now++;
    bench_unlock();
    return fresh->id;
}

// An open queue, or NULL and a breach.
static completion_queue *find_open(rio_cq id, const char *call)
{
    completion_queue *cq = cq_find(id);
    if (cq == NULL) {
        breach(BREACH_CQ_UNKNOWN, "%s with %llx", call, (unsigned long long)id);
        return NULL;
    }
    if (cq->closed) {
        breach(BREACH_CQ_AFTER_CLOSE, "%s on CQ %u", call, cq->serial);
        return NULL;
    }
    return cq;
}

static void drop_completions(completion_queue *cq)
{
    for (request *done = list_take(&cq->completions); done != NULL; done = list_take(&cq->completions)) {
        request_end(done);
    }
    cq->entries = cq->notifiable = 0;
}

void WINAPI bench_close_completion_queue(rio_cq id)
{
    bench_begin();
    bench_lock();
    // RIOCloseCompletionQueue ignores an invalid queue; one of ours that is closed twice is a mistake all the same.
    completion_queue *cq = id == RIO_INVALID_COMPLETION_QUEUE ? NULL : find_open(id, "RIOCloseCompletionQueue");
    if (cq != NULL) {
        bool entered = cq_enter(cq, "RIOCloseCompletionQueue", BREACH_CQ_TWO_THREADS);
        // Later completions are dropped in silence, and with them the only sign that the kernel let go of a buffer.
        if (cq->outstanding != 0) {
            breach(BREACH_CQ_CLOSED_IN_USE, "CQ %u with %u requests outstanding", cq->serial, cq->outstanding);
        }
        cq->closed = true;
        cq->armed = false;
        drop_completions(cq);
        open_now--;
        bench.counters.cqs_closed++;
        if (entered) {
            cq_leave(cq);
        }
    }
    bench_unlock();
}

static int32_t resize(completion_queue *cq, DWORD size)
{
    if (size < 1 || size > RIO_MAXIMUM_CQ_SIZE || !cq_usable(cq)) {
        return WSAEINVAL;
    }
    if (size < cq->promised || size < cq->entries) {
        return WSAETOOMANYREFS;
    }
    int32_t error = settings_fault(FAULT_RESIZE_CQ, cq->serial, bench.counters.cq_resizes + bench.counters.injected);
    if (error != 0) {
        bench.counters.injected++;
        return error;
    }
    cq->size = size;
    bench.counters.cq_resizes++;
    return 0;
}

BOOL WINAPI bench_resize_completion_queue(rio_cq id, DWORD size)
{
    bench_lock();
    int32_t error = WSAEINVAL;
    completion_queue *cq = find_open(id, "RIOResizeCompletionQueue");
    if (cq != NULL) {
        bool entered = cq_enter(cq, "RIOResizeCompletionQueue", BREACH_CQ_TWO_THREADS);
        error = resize(cq, size);
        if (entered) {
            cq_leave(cq);
        }
    }
    bench_unlock();
    WSASetLastError(error);
    return error == 0;
}

static void fire(completion_queue *cq)
{
    cq->armed = false;
    bench.counters.notifications++;
    const rio_notification *to = &cq->notification;
    BOOL fine = to->type == RIO_NOTIFY_BY_EVENT
        ? SetEvent(to->event.handle)
        : PostQueuedCompletionStatus(to->iocp.handle, 0, (ULONG_PTR)to->iocp.completion_key, to->iocp.overlapped);
    if (!fine) {
        breach(BREACH_BAD_NOTIFICATION, "CQ %u could not be notified: %lu", cq->serial, GetLastError());
    }
}

void cq_deliver(request *done)
{
    completion_queue *cq = done->owner->lanes[done->direction].cq;
    if (!cq_usable(cq)) {
        request_end(done);
        return;
    }
    list_append(&cq->completions, done);
    cq->entries++;
    if ((done->flags & RIO_FLAG_DONT_NOTIFY) == 0) {
        cq->notifiable++;
        if (cq->armed) {
            fire(cq);
        }
    }
}

int WINAPI bench_notify(rio_cq id)
{
    bench_lock();
    int error = 0;
    completion_queue *cq = find_open(id, "RIONotify");
    bool entered = cq != NULL && cq_enter(cq, "RIONotify", BREACH_CQ_TWO_THREADS);
    if (cq == NULL || !cq_usable(cq)) {
        error = WSAEINVAL;
    } else if (!cq->has_notification) {
        breach(BREACH_NOTIFY_NO_METHOD, "CQ %u was made for polling", cq->serial);
        error = WSAEINVAL;
    } else if (cq->armed) {
        breach(BREACH_NOTIFY_ARMED, "CQ %u", cq->serial);
        error = WSAEALREADY;
    } else {
        bench.counters.notifies++;
        cq->armed = true;
        if (cq->notification.type == RIO_NOTIFY_BY_EVENT && cq->notification.event.notify_reset) {
            ResetEvent(cq->notification.event.handle);
        }
        // Entries of requests with RIO_MSG_DONT_NOTIFY do not count: for RIONotify such a queue is empty.
        if (cq->notifiable != 0) {
            fire(cq);
        }
    }
    if (entered) {
        cq_leave(cq);
    }
    bench_unlock();
    WSASetLastError(error);
    return error;
}

static ULONG dequeue(completion_queue *cq, rio_result *results, ULONG count)
{
    bench.counters.dequeues++;
    cq->dequeues++;
    cq->poller = GetCurrentThreadId();
    if (!cq->corrupt && settings_fault(FAULT_CORRUPT, cq->serial, cq->dequeues) != 0) {
        // What it held can never be dequeued now; the kernel is taken to be done with it.
        bench.counters.injected++;
        cq->corrupt = true;
        cq->armed = false;
        transfer_flush_late(cq);
        drop_completions(cq);
    }
    if (!cq_usable(cq)) {
        return RIO_CORRUPT_COMPLETION_QUEUE;
    }
    ULONG taken = 0;
    for (; taken < count && cq->entries != 0; taken++) {
        request *done = list_take(&cq->completions);
        cq->entries--;
        cq->notifiable -= (done->flags & RIO_FLAG_DONT_NOTIFY) == 0;
        results[taken] = (rio_result) {
            .status = done->status,
            .bytes_transferred = done->transferred,
            .socket_context = done->owner->context,
            .request_context = done->context,
        };
        request_check_bytes(done);
        request_end(done);
    }
    bench.counters.completions += taken;
    bench.counters.empty_dequeues += taken == 0;
    return taken;
}

ULONG WINAPI bench_dequeue_completion(rio_cq id, rio_result *results, ULONG count)
{
    bench_lock();
    // A queue that is not valid gives the same answer as one that is damaged, as documented.
    ULONG taken = RIO_CORRUPT_COMPLETION_QUEUE;
    completion_queue *cq = find_open(id, "RIODequeueCompletion");
    if (cq != NULL) {
        bool entered = cq_enter(cq, "RIODequeueCompletion", BREACH_CQ_TWO_THREADS);
        if (results != NULL || count == 0) {
            taken = dequeue(cq, results, count);
        }
        if (entered) {
            cq_leave(cq);
        }
    }
    bench_unlock();
    return taken;
}

void cqs_say_leaks(void)
{
    for (size_t i = 0; i < made; i++) {
        completion_queue *cq = all[i];
        if (cq->said || cq->closed) {
            continue;
        }
        cq->said = true;
        breach(BREACH_CQ_LEAKED, "CQ %u of %u entries", cq->serial, cq->size);
        if (cq->outstanding != 0) {
            breach(BREACH_REQUEST_LEAKED, "%u requests of CQ %u", cq->outstanding, cq->serial);
        }
    }
}
