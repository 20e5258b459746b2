// The state, its lock, and the thread that hears from the kernel.
#include "bench.h"

#include <stdlib.h>

bench_state bench = { .lock = SRWLOCK_INIT, .call_ended = CONDITION_VARIABLE_INIT };

static INIT_ONCE begun = INIT_ONCE_STATIC_INIT;

void bench_lock(void)
{
    AcquireSRWLockExclusive(&bench.lock);
}

void bench_unlock(void)
{
    ReleaseSRWLockExclusive(&bench.lock);
}

static uint64_t microseconds(void)
{
    LARGE_INTEGER now, frequency;
    QueryPerformanceCounter(&now);
    QueryPerformanceFrequency(&frequency);
    return (uint64_t)(now.QuadPart / frequency.QuadPart) * 1000000
        + (uint64_t)(now.QuadPart % frequency.QuadPart) * 1000000 / (uint64_t)frequency.QuadPart;
}

void bench_stay(void)
{
    uint32_t stay = bench_settings.stay;
    bench_unlock();
    if (stay != 0) {
        for (uint64_t until = microseconds() + stay; microseconds() < until;) {
            SwitchToThread();
        }
    }
    bench_lock();
}

static BOOL CALLBACK begin(INIT_ONCE *once, void *parameter, void **context)
{
    (void)once, (void)parameter, (void)context;
    static char text[sizeof bench_settings.text];
    DWORD length = GetEnvironmentVariableA("RIO_BENCH", text, sizeof text);
    bench_lock();
    bool understood = settings_apply(length > 0 && length < sizeof text ? text : "") && length < sizeof text;
    if (!understood) {
        breach(BREACH_SETTING_UNKNOWN, "RIO_BENCH=%s", length < sizeof text ? text : "(too long)");
    }
    bench_unlock();
    return TRUE;
}

// Not in DllMain: nothing is done under the loader's lock that the loader may need.
void bench_begin(void)
{
    InitOnceExecuteOnce(&begun, begin, NULL, NULL);
}

void *bench_allocate(size_t size)
{
    void *memory = calloc(1, size);
    if (memory == NULL) {
        abort();
    }
    return memory;
}

void list_append(request_list *list, request *item)
{
    item->next = NULL;
    if (list->tail != NULL) {
        list->tail->next = item;
    } else {
        list->head = item;
    }
    list->tail = item;
}

request *list_take(request_list *list)
{
    request *item = list->head;
    if (item != NULL) {
        list->head = item->next;
        if (list->head == NULL) {
            list->tail = NULL;
        }
        item->next = NULL;
    }
    return item;
}

static DWORD WINAPI work(void *parameter)
{
    (void)parameter;
    DWORD wait = INFINITE;
    for (;;) {
        DWORD bytes = 0;
        ULONG_PTR key = 0;
        OVERLAPPED *overlapped = NULL;
        BOOL fine = GetQueuedCompletionStatus(bench.port, &bytes, &key, &overlapped, wait);
        DWORD error = fine ? 0 : GetLastError();
        bench_lock();
        // Without an OVERLAPPED it is the time that ran out, or a call to look at the late completions anew.
        kernel_call *call = overlapped != NULL ? rq_call_of(key, overlapped) : NULL;
        if (call != NULL) {
            transfer_ended(call, bytes, error);
        } else if (overlapped != NULL) {
            breach(BREACH_BENCH_TROUBLE, "an overlapped call that is not the bench's ended on a socket with an RQ");
        }
        wait = transfer_deliver_late();
        bench_unlock();
    }
    return 0;
}

bool bench_start_worker(void)
{
    if (bench.port != NULL) {
        return true;
    }
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
    if (port == NULL) {
        return false;
    }
    bench.port = port;
    HANDLE thread = CreateThread(NULL, 0, work, NULL, 0, &bench.worker);
    if (thread == NULL) {
        bench.port = NULL;
        CloseHandle(port);
        return false;
    }
    CloseHandle(thread);
    return true;
}

BOOL WINAPI DllMain(HINSTANCE instance, DWORD reason, void *reserved);

BOOL WINAPI DllMain(HINSTANCE instance, DWORD reason, void *reserved)
{
    // At the end of the process every other thread is gone, maybe with the lock in its hands; FreeLibrary instead is a
    // misuse of the bench, whose thread runs in this code, so the library stays for good.
    if (reason == DLL_PROCESS_ATTACH) {
        HMODULE self;
        DisableThreadLibraryCalls(instance);
        GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS,
            (const char *)&DllMain, &self);
    } else if (reason == DLL_PROCESS_DETACH && reserved != NULL) {
        report_write();
    }
    return TRUE;
}
