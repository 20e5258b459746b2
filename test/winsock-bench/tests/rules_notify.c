// RIONotify: armed once, fired once, and only for who wants it.
#include "harness.h"

static bool is_set(HANDLE event, DWORD milliseconds)
{
    return WaitForSingleObject(event, milliseconds) == WAIT_OBJECT_0;
}

static world open_with_event(HANDLE *event, BOOL reset)
{
    world one = world_open(4, 4, 16);
    *event = CreateEventA(NULL, TRUE, FALSE, NULL);
    rio_notification how = {
        .type = RIO_NOTIFY_BY_EVENT,
        .event = { .handle = *event, .notify_reset = reset },
    };
    // The world's own queue is for polling: it is replaced.
    close_sockets(&one);
    rio.close_completion_queue(one.cq);
    connect_pair(AF_INET, &one.socket, &one.peer);
    one.cq = rio.create_completion_queue(16, &how);
    one.rq = rio.create_request_queue(one.socket, 4, 1, 4, 1, one.cq, one.cq, NULL);
    CHECK(one.rq != RIO_INVALID_REQUEST_QUEUE);
    return one;
}

TEST(notify_while_armed)
{
    HANDLE event;
    world one = open_with_event(&event, TRUE);
    CHECK_EQUAL(rio.notify(one.cq), 0);
    CHECK_EQUAL(rio.notify(one.cq), WSAEALREADY);
    check_caught("notify-while-armed", 1);
    CHECK_EQUAL(counters().notifies, 1);
    world_close(&one);
}

TEST(notify_without_method)
{
    world one = world_open(1, 1, 2);
    CHECK_EQUAL(rio.notify(one.cq), WSAEINVAL);
    check_caught("notify-without-method", 1);
    world_close(&one);
}

TEST(notify_fires_once_for_what_comes)
{
    HANDLE event;
    world one = open_with_event(&event, TRUE);
    CHECK_EQUAL(rio.notify(one.cq), 0);
    CHECK(!is_set(event, 50));
    CHECK(send_slice(&one, 0, 10, 0, 1));
    CHECK(is_set(event, 5000));
    // Fired, so no longer armed: what comes now is silent, and arming again is no breach.
    ResetEvent(event);
    CHECK(send_slice(&one, 10, 10, 0, 2));
    CHECK(!is_set(event, 50));
    rio_result results[2];
    take_results(one.cq, results, 2);
    CHECK_EQUAL(rio.notify(one.cq), 0);
    CHECK(!is_set(event, 50));
    CHECK_EQUAL(counters().notifications, 1);
    world_close(&one);
}

TEST(notify_on_a_queue_with_completions_fires_at_once)
{
    HANDLE event;
    world one = open_with_event(&event, TRUE);
    CHECK(send_slice(&one, 0, 10, 0, 1));
    Sleep(100);
    CHECK_EQUAL(rio.notify(one.cq), 0);
    CHECK(is_set(event, 1000));
    world_close(&one);
}

TEST(notify_resets_the_event_only_when_told)
{
    HANDLE event;
    world one = open_with_event(&event, TRUE);
    SetEvent(event);
    CHECK_EQUAL(rio.notify(one.cq), 0);
    CHECK(!is_set(event, 0));
    world_close(&one);
    one = open_with_event(&event, FALSE);
    SetEvent(event);
    CHECK_EQUAL(rio.notify(one.cq), 0);
    CHECK(is_set(event, 0));
    world_close(&one);
}

TEST(notify_passes_over_requests_with_dont_notify)
{
    HANDLE event;
    world one = open_with_event(&event, TRUE);
    CHECK_EQUAL(rio.notify(one.cq), 0);
    CHECK(send_slice(&one, 0, 10, RIO_FLAG_DONT_NOTIFY, 1));
    CHECK(!is_set(event, 100));
    CHECK(send_slice(&one, 10, 10, 0, 2));
    CHECK(is_set(event, 5000));
    rio_result results[2];
    take_results(one.cq, results, 2);
    // Such an entry does not make the queue "not empty" either.
    CHECK(send_slice(&one, 0, 10, RIO_FLAG_DONT_NOTIFY, 3));
    Sleep(100);
    CHECK_EQUAL(rio.notify(one.cq), 0);
    CHECK(!is_set(event, 50));
    take_results(one.cq, results, 1);
    CHECK_EQUAL(results[0].request_context, 3);
    world_close(&one);
}

TEST(notification_invalid)
{
    rio_notification no_overlapped = {
        .type = RIO_NOTIFY_BY_IOCP,
        .iocp = { .handle = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1) },
    };
    CHECK_REFUSED(rio.create_completion_queue(1, &no_overlapped) != 0, WSAEINVAL);
    rio_notification no_type = { .type = 3, .event = { .handle = CreateEventA(NULL, TRUE, FALSE, NULL) } };
    CHECK_REFUSED(rio.create_completion_queue(1, &no_type) != 0, WSAEINVAL);
    check_caught("notification-invalid", 2);
}

TEST(notification_invalid_when_its_event_is_gone)
{
    HANDLE event;
    world one = open_with_event(&event, FALSE);
    CHECK_EQUAL(rio.notify(one.cq), 0);
    CloseHandle(event);
    CHECK(send_slice(&one, 0, 10, 0, 1));
    rio_result result;
    take_results(one.cq, &result, 1);
    check_caught("notification-invalid", 1);
    world_close(&one);
}

TEST(cq_sizes_have_limits)
{
    CHECK_REFUSED(rio.create_completion_queue(0, NULL) != 0, WSAEINVAL);
    CHECK_REFUSED(rio.create_completion_queue(RIO_MAXIMUM_CQ_SIZE + 1, NULL) != 0, WSAEINVAL);
    world one = world_open(2, 2, 16);
    CHECK_REFUSED(rio.resize_completion_queue(one.cq, RIO_MAXIMUM_CQ_SIZE + 1), WSAEINVAL);
    CHECK_REFUSED(rio.resize_completion_queue(one.cq, 3), WSAETOOMANYREFS);
    CHECK(rio.resize_completion_queue(one.cq, 4));
    world_close(&one);
}
