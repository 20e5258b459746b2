// Arguments, sockets, the table, the settings and the report.
#include "harness.h"

#include <stdlib.h>

TEST(rq_on_plain_socket)
{
    rio_cq cq = rio.create_completion_queue(4, NULL);
    SOCKET plain = lib.make_socket(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, WSA_FLAG_OVERLAPPED);
    CHECK_REFUSED(rio.create_request_queue(plain, 1, 1, 1, 1, cq, cq, NULL) != 0, WSAEINVAL);
    check_caught("rq-on-plain-socket", 1);
    lib.close_socket(plain);
    CHECK_REFUSED(rio.create_request_queue(plain, 1, 1, 1, 1, cq, cq, NULL) != 0, WSAENOTSOCK);
    CHECK_EQUAL(lib.breaches(), 1);
    rio.close_completion_queue(cq);
}

TEST(bench_trouble_with_a_socket_of_another_port)
{
    world one = world_open(1, 1, 8);
    SOCKET made, peer;
    connect_pair(AF_INET, &made, &peer);
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
    CHECK(CreateIoCompletionPort((HANDLE)made, port, 0, 0) != NULL);
    CHECK_REFUSED(rio.create_request_queue(made, 1, 1, 1, 1, one.cq, one.cq, NULL) != 0, WSAEINVAL);
    check_caught("bench-trouble", 1);
    lib.close_socket(made);
    closesocket(peer);
    world_close(&one);
}

TEST(bench_trouble_with_an_overlapped_call_beside_the_queue)
{
    world one = world_open(1, 1, 8);
    static OVERLAPPED overlapped;
    static char byte = 'x';
    WSABUF data = { 1, &byte };
    int result = WSASend(one.socket, &data, 1, NULL, 0, &overlapped, NULL);
    CHECK(result == 0 || WSAGetLastError() == WSA_IO_PENDING);
    for (ULONGLONG until = GetTickCount64() + 5000; lib.breaches() == 0 && GetTickCount64() < until;) {
        Sleep(1);
    }
    check_caught("bench-trouble", 1);
    world_close(&one);
}

TEST(rq_twice_on_socket)
{
    world one = world_open(1, 1, 8);
    CHECK_REFUSED(rio.create_request_queue(one.socket, 1, 1, 1, 1, one.cq, one.cq, NULL) != 0, WSAEINVAL);
    check_caught("rq-twice-on-socket", 1);
    world_close(&one);
}

TEST(rq_data_buffers)
{
    world one = world_open(1, 1, 8);
    CHECK_REFUSED(rio.create_request_queue(one.socket, 1, 2, 1, 1, one.cq, one.cq, NULL) != 0, WSAEINVAL);
    check_caught("rq-data-buffers", 1);
    world_close(&one);
}

TEST(rq_without_any_request_is_refused)
{
    world one = world_open(1, 1, 8);
    SOCKET made, peer;
    connect_pair(AF_INET, &made, &peer);
    CHECK_REFUSED(rio.create_request_queue(made, 0, 1, 0, 1, one.cq, one.cq, NULL) != 0, WSAEINVAL);
    CHECK_REFUSED(rio.resize_request_queue(one.rq, 0, 0), WSAEINVAL);
    lib.close_socket(made);
    closesocket(peer);
    world_close(&one);
}

TEST(rq_resized_below_its_requests_is_refused)
{
    world one = world_open(2, 2, 8);
    CHECK(receive_slice(&one, 0, 10, 0, 1));
    CHECK(receive_slice(&one, 10, 10, 0, 2));
    CHECK_REFUSED(rio.resize_request_queue(one.rq, 1, 2), WSAETOOMANYREFS);
    CHECK(rio.resize_request_queue(one.rq, 3, 2));
    CHECK(receive_slice(&one, 20, 10, 0, 3));
    world_close(&one);
}

TEST(flags_invalid)
{
    world one = world_open(2, 2, 8);
    rio_buffer data = slice(&one, 0, 10);
    CHECK_REFUSED(rio.send(one.rq, &data, 1, RIO_FLAG_WAITALL, NULL), WSAEINVAL);
    CHECK_REFUSED(rio.receive(one.rq, &data, 1, 16, NULL), WSAEINVAL);
    check_caught("flags-invalid", 2);
    world_close(&one);
}

TEST(buffer_count)
{
    world one = world_open(2, 2, 8);
    rio_buffer data[2] = { slice(&one, 0, 10), slice(&one, 10, 10) };
    CHECK_REFUSED(rio.send(one.rq, data, 2, 0, NULL), WSAEINVAL);
    CHECK_REFUSED(rio.receive(one.rq, NULL, 0, 0, NULL), WSAEINVAL);
    check_caught("buffer-count", 2);
    world_close(&one);
}

TEST(commit_with_arguments)
{
    world one = world_open(2, 2, 8);
    rio_buffer data = slice(&one, 0, 10);
    CHECK_REFUSED(rio.send(one.rq, &data, 1, RIO_FLAG_COMMIT_ONLY, NULL), WSAEINVAL);
    CHECK_REFUSED(rio.send(one.rq, NULL, 0, RIO_FLAG_COMMIT_ONLY | RIO_FLAG_DEFER, NULL), WSAEINVAL);
    CHECK_REFUSED(rio.send(one.rq, NULL, 0, RIO_FLAG_COMMIT_ONLY, (void *)1), WSAEINVAL);
    check_caught("commit-with-arguments", 3);
    world_close(&one);
}

TEST(table_size)
{
    SOCKET any = rio_socket(AF_INET);
    unsigned char id[] = RIO_TABLE_ID_BYTES;
    rio_table table = { .size = sizeof table - 8 };
    DWORD written = 0;
    CHECK_REFUSED(lib.ioctl(any, IOCTL_GET_MULTIPLE_EXTENSION_FUNCTION_POINTER, id, sizeof id, &table, sizeof table,
        &written, NULL, NULL) == 0, WSAEINVAL);
    table.size = sizeof table;
    CHECK_REFUSED(lib.ioctl(any, IOCTL_GET_MULTIPLE_EXTENSION_FUNCTION_POINTER, id, sizeof id, &table,
        sizeof table - 8, &written, NULL, NULL) == 0, WSAEFAULT);
    check_caught("table-size", 2);
    // Another table is none of the bench's business, and nobody here has it.
    id[0] ^= 1;
    CHECK(lib.ioctl(any, IOCTL_GET_MULTIPLE_EXTENSION_FUNCTION_POINTER, id, sizeof id, &table, sizeof table, &written,
        NULL, NULL) != 0);
    lib.close_socket(any);
}

TEST(shutdown_with_sends)
{
    world one = world_open(2, 2, 8);
    CHECK(send_slice(&one, 0, 10, RIO_FLAG_DEFER, 1));
    CHECK_EQUAL(lib.shut_down(one.socket, SD_RECEIVE), 0);
    check_clean();
    CHECK_EQUAL(lib.shut_down(one.socket, SD_SEND), 0);
    check_caught("shutdown-with-sends", 1);
    CHECK(rio.send(one.rq, NULL, 0, RIO_FLAG_COMMIT_ONLY, NULL));
    world_close(&one);
}

TEST(socket_closed_elsewhere)
{
    world one = world_open(2, 2, 8);
    SOCKET lost = one.socket;
    closesocket(one.socket); // the real one
    one.socket = INVALID_SOCKET;
    SOCKET made[64];
    int count = 0;
    for (; count < 64 && (count == 0 || made[count - 1] != lost); count++) {
        made[count] = rio_socket(AF_INET);
    }
    CHECK_EQUAL(made[count - 1], lost);
    check_caught("socket-closed-elsewhere", 1);
    while (count > 0) {
        lib.close_socket(made[--count]);
    }
    world_close(&one);
}

TEST(setting_unknown)
{
    CHECK(lib.configure("seed=12;late=10;late_ms=5;nobufs=0;send_at=3;send_code=10055;allow=rq-over-limit,length-zero"));
    check_clean();
    CHECK(!lib.configure("sed=12"));
    CHECK(!lib.configure("late=lots"));
    CHECK(!lib.configure("late=1001"));
    CHECK(!lib.configure("allow=rq-over-limits"));
    check_caught("setting-unknown", 4);
}

TEST(what_is_allowed_is_not_reported)
{
    CHECK(lib.configure("allow=length-zero,deregister-twice"));
    world one = world_open(1, 1, 8);
    rio_buffer nothing = slice(&one, 0, 0);
    CHECK_REFUSED(rio.receive(one.rq, &nothing, 1, 0, NULL), WSAEINVAL);
    world_close(&one);
    CHECK_EQUAL(lib.breaches_named("length-zero"), 0);
    CHECK_EQUAL(lib.breaches_named("no-such-name"), -1);
}

static char *read_report(const char *path)
{
    static char text[16384];
    FILE *file = fopen(path, "rb");
    CHECK(file != NULL);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    remove(path);
    return text;
}

CHILD(child_that_leaves_something_behind)
{
    static char memory[64];
    CHECK(rio.register_buffer(memory, sizeof memory) != RIO_INVALID_BUFFER_ID);
    ExitProcess(0);
}

static const char *report_of_child(const char *settings)
{
    char directory[MAX_PATH], path[MAX_PATH], self[MAX_PATH], command[2 * MAX_PATH];
    CHECK(GetTempPathA(sizeof directory, directory) != 0);
    snprintf(path, sizeof path, "%.200srio_bench_%%p.txt", directory);
    SetEnvironmentVariableA("RIO_BENCH_REPORT", path);
    SetEnvironmentVariableA("RIO_BENCH", settings);
    GetModuleFileNameA(NULL, self, sizeof self);
    snprintf(command, sizeof command, "\"%s\" run child_that_leaves_something_behind", self);
    STARTUPINFOA start = { .cb = sizeof start };
    PROCESS_INFORMATION child;
    CHECK(CreateProcessA(NULL, command, NULL, NULL, FALSE, 0, NULL, NULL, &start, &child));
    CHECK_EQUAL(WaitForSingleObject(child.hProcess, 30000), WAIT_OBJECT_0);
    SetEnvironmentVariableA("RIO_BENCH_REPORT", NULL);
    snprintf(path, sizeof path, "%.200srio_bench_%lu.txt", directory, child.dwProcessId);
    return read_report(path);
}

TEST(report_at_the_end_of_a_process)
{
    const char *text = report_of_child("seed=5;strict=1");
    CHECK(strstr(text, "settings seed=5;strict=1\n") != NULL);
    CHECK(strstr(text, "counter registrations 1\n") != NULL);
    CHECK(strstr(text, "outstanding registrations 1\n") != NULL);
    CHECK(strstr(text, "breach registration-never-released: ") != NULL);
    CHECK(strstr(text, "verdict 1 breaches\n") != NULL);
}

TEST(setting_unknown_in_the_environment)
{
    const char *text = report_of_child("seed=5;strick=1");
    CHECK(strstr(text, "breach setting-unknown: RIO_BENCH=seed=5;strick=1\n") != NULL);
}

TEST(bench_trouble_with_a_report_that_cannot_be_written)
{
    SetEnvironmentVariableA("RIO_BENCH_REPORT", "no such folder/no such folder/report.txt");
    CHECK_EQUAL(lib.report(), 1);
    SetEnvironmentVariableA("RIO_BENCH_REPORT", NULL);
    check_caught("bench-trouble", 1);
}
