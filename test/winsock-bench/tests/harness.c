#include "harness.h"

#include <stdarg.h>
#include <stdlib.h>

#include <ws2tcpip.h>

#define MOST_TESTS 128

library lib;
rio_table rio = { .size = sizeof(rio_table) };

static struct {
    const char *name;
    test_body body;
} tests[MOST_TESTS];
static int test_count;
static bool expected;

void harness_add(const char *name, test_body body)
{
    if (test_count == MOST_TESTS) {
        abort();
    }
    tests[test_count].name = name;
    tests[test_count++].body = body;
}

static void print_breaches(void)
{
    char text[256];
    for (int i = 0; lib.breach != NULL && lib.breach(i, text, sizeof text) != 0; i++) {
        printf("  breach %s\n", text);
    }
}

void harness_fail(const char *file, int line, const char *format, ...)
{
    printf("  %s:%d: ", strrchr(file, '/') != NULL ? strrchr(file, '/') + 1 : file, line);
    va_list arguments;
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
    print_breaches();
    fflush(stdout);
    TerminateProcess(GetCurrentProcess(), 1);
    abort();
}

// Through memcpy: a conversion between kinds of function pointers is what -Wextra warns of.
static void find(HMODULE module, const char *name, void *to)
{
    FARPROC found = GetProcAddress(module, name);
    CHECK(found != NULL);
    memcpy(to, &found, sizeof found);
}

static void load(void)
{
    HMODULE module = LoadLibraryA("rio_bench.dll");
    CHECK(module != NULL);
    find(module, "WSASocketW", &lib.make_socket);
    find(module, "closesocket", &lib.close_socket);
    find(module, "shutdown", &lib.shut_down);
    find(module, "WSAIoctl", &lib.ioctl);
    find(module, "rio_bench_configure", &lib.configure);
    find(module, "rio_bench_counters", &lib.counters);
    find(module, "rio_bench_outstanding", &lib.outstanding);
    find(module, "rio_bench_breaches", &lib.breaches);
    find(module, "rio_bench_breach", &lib.breach);
    find(module, "rio_bench_breaches_named", &lib.breaches_named);
    find(module, "rio_bench_report", &lib.report);
    find(module, "rio_bench_reset", &lib.reset);

    SOCKET any = rio_socket(AF_INET);
    unsigned char id[] = RIO_TABLE_ID_BYTES;
    DWORD written = 0;
    CHECK_EQUAL(lib.ioctl(any, IOCTL_GET_MULTIPLE_EXTENSION_FUNCTION_POINTER, id, sizeof id, &rio, sizeof rio, &written,
        NULL, NULL), 0);
    CHECK_EQUAL(written, sizeof rio);
    lib.close_socket(any);
}

SOCKET rio_socket(int family)
{
    SOCKET made = lib.make_socket(family, SOCK_STREAM, IPPROTO_TCP, NULL, 0,
        WSA_FLAG_OVERLAPPED | SOCKET_FLAG_REGISTERED_IO | WSA_FLAG_NO_HANDLE_INHERIT);
    CHECK(made != INVALID_SOCKET);
    return made;
}

SOCKET listen_on_loopback(int family, struct sockaddr_storage *address, int *length)
{
    SOCKET listener = WSASocketW(family, SOCK_STREAM, IPPROTO_TCP, NULL, 0, WSA_FLAG_OVERLAPPED);
    CHECK(listener != INVALID_SOCKET);
    memset(address, 0, sizeof *address);
    address->ss_family = (ADDRESS_FAMILY)family;
    if (family == AF_INET6) {
        ((struct sockaddr_in6 *)address)->sin6_addr = in6addr_loopback;
        *length = sizeof(struct sockaddr_in6);
    } else {
        ((struct sockaddr_in *)address)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        *length = sizeof(struct sockaddr_in);
    }
    CHECK_EQUAL(bind(listener, (struct sockaddr *)address, *length), 0);
    CHECK_EQUAL(listen(listener, 128), 0);
    CHECK_EQUAL(getsockname(listener, (struct sockaddr *)address, length), 0);
    return listener;
}

void connect_pair(int family, SOCKET *made, SOCKET *peer)
{
    struct sockaddr_storage address;
    int length;
    SOCKET listener = listen_on_loopback(family, &address, &length);
    *made = rio_socket(family);
    CHECK_EQUAL(connect(*made, (struct sockaddr *)&address, length), 0);
    *peer = accept(listener, NULL, NULL);
    CHECK(*peer != INVALID_SOCKET);
    closesocket(listener);
}

world world_open(ULONG receives, ULONG sends, DWORD cq_size)
{
    world one = { 0 };
    connect_pair(AF_INET, &one.socket, &one.peer);
    one.cq = rio.create_completion_queue(cq_size, NULL);
    CHECK(one.cq != RIO_INVALID_COMPLETION_QUEUE);
    one.rq = rio.create_request_queue(one.socket, receives, 1, sends, 1, one.cq, one.cq, (void *)0x1122334455667788);
    CHECK(one.rq != RIO_INVALID_REQUEST_QUEUE);
    one.memory = VirtualAlloc(NULL, WORLD_MEMORY, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
    CHECK(one.memory != NULL);
    one.buffer = rio.register_buffer(one.memory, WORLD_MEMORY);
    CHECK(one.buffer != RIO_INVALID_BUFFER_ID);
    return one;
}

void close_sockets(world *one)
{
    if (one->socket != INVALID_SOCKET) {
        CHECK_EQUAL(lib.close_socket(one->socket), 0);
        one->socket = INVALID_SOCKET;
    }
    if (one->peer != INVALID_SOCKET) {
        closesocket(one->peer);
        one->peer = INVALID_SOCKET;
    }
}

void world_close(world *one)
{
    close_sockets(one);
    rio_bench_outstanding_t left;
    rio_result result;
    for (ULONGLONG until = GetTickCount64() + 5000; GetTickCount64() < until; Sleep(1)) {
        lib.outstanding(&left);
        if (left.requests == 0 || rio.dequeue_completion(one->cq, &result, 1) == RIO_CORRUPT_COMPLETION_QUEUE) {
            break;
        }
    }
    rio.close_completion_queue(one->cq);
    if (one->buffer != RIO_INVALID_BUFFER_ID) {
        rio.deregister_buffer(one->buffer);
    }
    VirtualFree(one->memory, 0, MEM_RELEASE);
}

rio_buffer slice(const world *one, uint32_t offset, uint32_t length)
{
    return (rio_buffer) { .buffer_id = one->buffer, .offset = offset, .length = length };
}

BOOL send_slice(const world *one, uint32_t offset, uint32_t length, DWORD flags, uint64_t context)
{
    rio_buffer data = slice(one, offset, length);
    return rio.send(one->rq, &data, 1, flags, (void *)(uintptr_t)context);
}

BOOL receive_slice(const world *one, uint32_t offset, uint32_t length, DWORD flags, uint64_t context)
{
    rio_buffer data = slice(one, offset, length);
    return rio.receive(one->rq, &data, 1, flags, (void *)(uintptr_t)context);
}

void take_results(rio_cq cq, rio_result *results, int count)
{
    int taken = 0;
    for (ULONGLONG until = GetTickCount64() + 5000; taken < count; Sleep(1)) {
        ULONG more = rio.dequeue_completion(cq, results + taken, (ULONG)(count - taken));
        CHECK(more != RIO_CORRUPT_COMPLETION_QUEUE);
        taken += (int)more;
        if (GetTickCount64() > until) {
            harness_fail(__FILE__, __LINE__, "%d of %d completions after five seconds", taken, count);
        }
    }
}

void check_none(rio_cq cq, DWORD milliseconds)
{
    rio_result result;
    for (ULONGLONG until = GetTickCount64() + milliseconds; GetTickCount64() < until; Sleep(1)) {
        CHECK_EQUAL(rio.dequeue_completion(cq, &result, 1), 0);
    }
}

void breaches_expected(void)
{
    expected = true;
}

void check_caught(const char *name, int times)
{
    CHECK_EQUAL(lib.breaches_named(name), times);
    CHECK_EQUAL(lib.breaches(), times);
    char text[256];
    CHECK(lib.breach(0, text, sizeof text) != 0);
    CHECK(strncmp(text, name, strlen(name)) == 0 && text[strlen(name)] == ':');
    expected = true;
}

void check_clean(void)
{
    CHECK_EQUAL(lib.breaches(), 0);
}

rio_bench_counters_t counters(void)
{
    rio_bench_counters_t now = { .size = sizeof now };
    CHECK_EQUAL(lib.counters(&now), 1);
    return now;
}

static int run(int index)
{
    WSADATA data;
    CHECK_EQUAL(WSAStartup(MAKEWORD(2, 2), &data), 0);
    load();
    tests[index].body();
    int before = lib.breaches();
    if (!expected) {
        CHECK_EQUAL(before, 0);
    }
    // A test that commits one breach still gives everything back.
    CHECK_EQUAL(lib.report(), before);
    return 0;
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    for (int i = 0; i < test_count; i++) {
        if (argc == 3 && strcmp(argv[1], "run") == 0 && strcmp(argv[2], tests[i].name) == 0) {
            // Without it, the program was never started.
            printf("begins\n");
            return run(i);
        }
        if (argc == 2 && strcmp(argv[1], "list") == 0 && strncmp(tests[i].name, "child_", 6) != 0) {
            printf("%s\n", tests[i].name);
        }
    }
    return argc == 2 ? 0 : 2;
}
