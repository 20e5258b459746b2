// The binary interface of Winsock registered I/O, x64, written down from the platform's documentation (mswsock.h and
// mswsockdef.h as documented; mingw-w64 has none of it). It is on purpose not shared with the product: when one of
// the two is wrong, the two disagree.
#ifndef RIO_ABI_H
#define RIO_ABI_H

#include <stddef.h>
#include <stdint.h>

#include <winsock2.h>
#include <windows.h>

// Opaque handles, pointer-sized. The zero of RIO_CQ and RIO_RQ is "invalid"; a buffer id has a value of its own for that.
typedef uint64_t rio_buffer_id;
typedef uint64_t rio_cq;
typedef uint64_t rio_rq;

#define RIO_INVALID_BUFFER_ID ((rio_buffer_id)0xFFFFFFFFu)
#define RIO_INVALID_COMPLETION_QUEUE ((rio_cq)0)
#define RIO_INVALID_REQUEST_QUEUE ((rio_rq)0)

#define RIO_FLAG_DONT_NOTIFY 0x1u
#define RIO_FLAG_DEFER 0x2u
#define RIO_FLAG_WAITALL 0x4u
#define RIO_FLAG_COMMIT_ONLY 0x8u

#define RIO_MAXIMUM_CQ_SIZE 0x8000000u
#define RIO_CORRUPT_COMPLETION_QUEUE 0xFFFFFFFFu

#define RIO_NOTIFY_BY_EVENT 1
#define RIO_NOTIFY_BY_IOCP 2

#define IOCTL_GET_EXTENSION_FUNCTION_POINTER 0xC8000006u
#define IOCTL_GET_MULTIPLE_EXTENSION_FUNCTION_POINTER 0xC8000024u
#define SOCKET_FLAG_REGISTERED_IO 0x100u

// WSAID_MULTIPLE_RIO, {8509e081-96dd-4005-b165-9e2ee8c79e3f}, as it lies in memory.
#define RIO_TABLE_ID_BYTES \
    { 0x81, 0xe0, 0x09, 0x85, 0xdd, 0x96, 0x05, 0x40, 0xb1, 0x65, 0x9e, 0x2e, 0xe8, 0xc7, 0x9e, 0x3f }

typedef struct rio_buffer {
    rio_buffer_id buffer_id;
    uint32_t offset;
    uint32_t length;
} rio_buffer;

typedef struct rio_result {
    int32_t status;
    uint32_t bytes_transferred;
    uint64_t socket_context;
    uint64_t request_context;
} rio_result;

typedef struct rio_notification {
    int32_t type;
    union {
        struct {
            HANDLE handle;
            BOOL notify_reset;
        } event;
        struct {
            HANDLE handle;
            void *completion_key;
            void *overlapped;
        } iocp;
    };
} rio_notification;

typedef BOOL(WINAPI *rio_transfer_fn)(rio_rq queue, const rio_buffer *data, ULONG count, DWORD flags, void *context);
typedef BOOL(WINAPI *rio_send_ex_fn)(rio_rq queue, const rio_buffer *data, ULONG count, const rio_buffer *local,
    const rio_buffer *remote, const rio_buffer *control, const rio_buffer *flags_out, DWORD flags, void *context);
// RIOReceiveEx answers an int where RIOSendEx answers a BOOL; both are a non-zero for success.
typedef int(WINAPI *rio_receive_ex_fn)(rio_rq queue, const rio_buffer *data, ULONG count, const rio_buffer *local,
    const rio_buffer *remote, const rio_buffer *control, const rio_buffer *flags_out, DWORD flags, void *context);
typedef void(WINAPI *rio_close_cq_fn)(rio_cq queue);
typedef rio_cq(WINAPI *rio_create_cq_fn)(DWORD size, const rio_notification *notification);
typedef rio_rq(WINAPI *rio_create_rq_fn)(SOCKET socket, ULONG max_receives, ULONG max_receive_buffers, ULONG max_sends,
    ULONG max_send_buffers, rio_cq receive_queue, rio_cq send_queue, void *context);
typedef ULONG(WINAPI *rio_dequeue_fn)(rio_cq queue, rio_result *results, ULONG count);
typedef void(WINAPI *rio_deregister_fn)(rio_buffer_id id);
typedef int(WINAPI *rio_notify_fn)(rio_cq queue);
typedef rio_buffer_id(WINAPI *rio_register_fn)(void *memory, DWORD length);
typedef BOOL(WINAPI *rio_resize_cq_fn)(rio_cq queue, DWORD size);
typedef BOOL(WINAPI *rio_resize_rq_fn)(rio_rq queue, DWORD max_receives, DWORD max_sends);

typedef struct rio_table {
    DWORD size;
    rio_transfer_fn receive;
    rio_receive_ex_fn receive_ex;
    rio_transfer_fn send;
    rio_send_ex_fn send_ex;
    rio_close_cq_fn close_completion_queue;
    rio_create_cq_fn create_completion_queue;
    rio_create_rq_fn create_request_queue;
    rio_dequeue_fn dequeue_completion;
    rio_deregister_fn deregister_buffer;
    rio_notify_fn notify;
    rio_register_fn register_buffer;
    rio_resize_cq_fn resize_completion_queue;
    rio_resize_rq_fn resize_request_queue;
} rio_table;

#define RIO_AT(type, field, at) _Static_assert(offsetof(type, field) == (at), #type "." #field)

_Static_assert(sizeof(void *) == 8, "x64 only");
_Static_assert(sizeof(rio_buffer) == 16, "RIO_BUF");
RIO_AT(rio_buffer, buffer_id, 0);
RIO_AT(rio_buffer, offset, 8);
RIO_AT(rio_buffer, length, 12);
_Static_assert(sizeof(rio_result) == 24, "RIORESULT");
RIO_AT(rio_result, status, 0);
RIO_AT(rio_result, bytes_transferred, 4);
RIO_AT(rio_result, socket_context, 8);
RIO_AT(rio_result, request_context, 16);
_Static_assert(sizeof(rio_notification) == 32, "RIO_NOTIFICATION_COMPLETION");
RIO_AT(rio_notification, type, 0);
RIO_AT(rio_notification, event.handle, 8);
RIO_AT(rio_notification, event.notify_reset, 16);
RIO_AT(rio_notification, iocp.handle, 8);
RIO_AT(rio_notification, iocp.completion_key, 16);
RIO_AT(rio_notification, iocp.overlapped, 24);
_Static_assert(sizeof(rio_table) == 112, "RIO_EXTENSION_FUNCTION_TABLE");
RIO_AT(rio_table, size, 0);
RIO_AT(rio_table, receive, 8);
RIO_AT(rio_table, receive_ex, 16);
RIO_AT(rio_table, send, 24);
RIO_AT(rio_table, send_ex, 32);
RIO_AT(rio_table, close_completion_queue, 40);
RIO_AT(rio_table, create_completion_queue, 48);
RIO_AT(rio_table, create_request_queue, 56);
RIO_AT(rio_table, dequeue_completion, 64);
RIO_AT(rio_table, deregister_buffer, 72);
RIO_AT(rio_table, notify, 80);
RIO_AT(rio_table, register_buffer, 88);
RIO_AT(rio_table, resize_completion_queue, 96);
RIO_AT(rio_table, resize_request_queue, 104);

#endif
