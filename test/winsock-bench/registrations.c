// Registered memory: which bytes are whose, and which of them a request holds.
#include "bench.h"

#include <stdlib.h>

// Ids are never used again, so that an old one is always known for what it is, and they do not fit into 32 bits, so
// that a binding which cuts them off is found out.
#define ID_TAG 0x0000420000000042u
#define ID_STEP 8

static registration **all;
static size_t made, room;
static uint32_t open_now;

uint32_t registrations_open(void)
{
    return open_now;
}

registration *registration_find(rio_buffer_id id)
{
    uint64_t index = (id ^ ID_TAG) >> ID_STEP;
    return (id & 0xFF) == (ID_TAG & 0xFF) && index < made && all[index]->id == id ? all[index] : NULL;
}

static bool share_memory(const registration *one, const registration *other)
{
    return one->memory < other->memory + other->length && other->memory < one->memory + one->length;
}

rio_buffer_id WINAPI bench_register_buffer(void *memory, DWORD length)
{
    bench_begin();
    bench_lock();
    int32_t error = memory == NULL ? WSAEFAULT
        : length == 0 ? WSAEINVAL
        : settings_fault(FAULT_REGISTER, 0, bench.counters.registrations + bench.counters.injected);
    if (error != 0) {
        bench.counters.injected += memory != NULL && length != 0;
        bench_unlock();
        WSASetLastError(error);
        return RIO_INVALID_BUFFER_ID;
    }
    if (made == room) {
        room = room == 0 ? 256 : room * 2;
        all = realloc(all, room * sizeof *all);
        if (all == NULL) {
            abort();
        }
    }
    registration *fresh = bench_allocate(sizeof *fresh);
    fresh->id = ((uint64_t)made << ID_STEP) ^ ID_TAG;
    fresh->memory = memory;
    fresh->length = length;
    fresh->open = true;
    for (size_t i = 0; i < made; i++) {
        if (all[i]->open && share_memory(all[i], fresh)) {
            all[i]->aliased = fresh->aliased = true;
        }
    }
    all[made++] = fresh;
    open_now++;
    bench.counters.registrations++;
    bench_unlock();
    return fresh->id;
}

void WINAPI bench_deregister_buffer(rio_buffer_id id)
{
    bench_lock();
    registration *buffer = registration_find(id);
    if (buffer == NULL) {
        // An invalid id is ignored, says the page. RIO_INVALID_BUFFERID itself is nobody's mistake.
        if (id != RIO_INVALID_BUFFER_ID) {
            breach(BREACH_BUFFER_UNKNOWN, "RIODeregisterBuffer of %llx, which was never given out", id);
        }
    } else if (!buffer->open) {
        breach(BREACH_DEREGISTER_TWICE, "buffer %llx", id);
    } else {
        // RIODeregisterBuffer: doing this to a buffer in use is a serious error, results undefined, and the request
        // still completes with its ordinary status.
        if (buffer->uses != 0) {
            breach(BREACH_DEREGISTER_IN_USE, "buffer %llx with %u requests in flight", id, buffer->uses);
        }
        buffer->open = false;
        open_now--;
        bench.counters.deregistrations++;
    }
    bench_unlock();
}

static bool share_bytes(const request *other, const char *start, uint32_t length)
{
    const char *held = other->buffer->memory + other->offset;
    return start < held + other->length && held < start + length;
}

static void check_overlap(enum direction direction, const registration *holder, const registration *buffer,
    const rio_buffer *data)
{
    const char *start = buffer->memory + data->offset;
    for (const request *other = holder->requests; other != NULL; other = other->use_next) {
        if (!share_bytes(other, start, data->length)) {
            continue;
        }
        enum breach_name name = direction != other->direction ? BREACH_OVERLAP_SEND_RECEIVE
            : direction == SENDING ? BREACH_OVERLAP_SENDS : BREACH_OVERLAP_RECEIVES;
        breach(name, "buffer %llx, %u+%u and %u+%u", (unsigned long long)buffer->id, data->offset, data->length,
            other->offset, other->length);
        return;
    }
}

// 0, or the error that the request is refused with.
int registration_check_use(enum direction direction, const rio_buffer *data, registration **found)
{
    const char *what = direction == SENDING ? "RIOSend" : "RIOReceive";
    registration *buffer = registration_find(data->buffer_id);
    if (buffer == NULL) {
        breach(BREACH_BUFFER_UNKNOWN, "%s with %llx", what, (unsigned long long)data->buffer_id);
        return WSAEFAULT;
    }
    if (!buffer->open) {
        breach(BREACH_BUFFER_DEREGISTERED, "%s with %llx", what, (unsigned long long)data->buffer_id);
        return WSAEFAULT;
    }
    if (data->length == 0) {
        // Documented nowhere as "wait for data", so nothing may rest on it.
        breach(BREACH_NO_LENGTH, "%s of no bytes", what);
        return WSAEINVAL;
    }
    if ((uint64_t)data->offset + data->length > buffer->length) {
        breach(BREACH_RANGE_OUTSIDE, "%s of %u+%u in a buffer of %u", what, data->offset, data->length, buffer->length);
        return WSAEINVAL;
    }
    if (buffer->aliased) {
        for (size_t i = 0; i < made; i++) {
            check_overlap(direction, all[i], buffer, data);
        }
    } else {
        check_overlap(direction, buffer, buffer, data);
    }
    if (bench_settings.strict && buffer->uses != 0) {
        // The strictest reading of the remarks of RIOSend: not the range but all of the registration is taken.
        breach(BREACH_REGISTRATION_TWICE, "%s with %llx, in flight %u times", what,
            (unsigned long long)buffer->id, buffer->uses);
    }
    *found = buffer;
    return 0;
}

void registration_use(registration *buffer, request *use)
{
    use->buffer = buffer;
    use->use_previous = NULL;
    use->use_next = buffer->requests;
    if (buffer->requests != NULL) {
        buffer->requests->use_previous = use;
    }
    buffer->requests = use;
    buffer->uses++;
}

void registration_release(request *use)
{
    if (use->use_previous != NULL) {
        use->use_previous->use_next = use->use_next;
    } else {
        use->buffer->requests = use->use_next;
    }
    if (use->use_next != NULL) {
        use->use_next->use_previous = use->use_previous;
    }
    use->buffer->uses--;
}

void registrations_say_leaks(void)
{
    for (size_t i = 0; i < made; i++) {
        if (all[i]->open && !all[i]->said) {
            all[i]->said = true;
            breach(BREACH_REGISTRATION_LEAKED, "buffer %llx of %u bytes", (unsigned long long)all[i]->id,
                all[i]->length);
        }
    }
}
