/* As much of CUDA's driver as kitt asks of it, on the CPU, so that the real cuda-python and the real pycuda can be
 * called without a GPU: memory is malloc's, a copy happens at once, or when its graph is launched. What is open is
 * counted. Signatures: CUDA Driver API reference, 12 and 13. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct { void *to; const void *from; size_t bytes; } Copy;
typedef struct { int count, references; Copy copies[64]; } Graph;
typedef struct { Graph *capturing; unsigned flags; } Stream;
typedef struct { double ms; unsigned flags; int recorded; } Event;

static int contexts, memories, hosts, streams, events, graphs;
static void *current[16];
static int depth;

enum { OK = 0, INVALID = 1, OUT_OF_MEMORY = 2, NOT_FOUND = 500, NOT_SUPPORTED = 801 };

void kitt_open(int *counts) {
    int now[] = {contexts, memories, hosts, streams, events, graphs, depth};
    memcpy(counts, now, sizeof now);
}

int cuInit(unsigned flags) { return OK; }
int cuDriverGetVersion(int *version) { *version = 13000; return OK; }
int cuDeviceGetCount(int *count) { *count = 1; return OK; }
int cuDeviceGet(int *device, int ordinal) { *device = ordinal; return ordinal ? 101 : OK; }
int cuDeviceGetName(char *name, int length, int device) { snprintf(name, length, "Fake Orin"); return OK; }
int cuDeviceGetAttribute(int *value, int attribute, int device) {
    *value = attribute == 75 ? 8 : attribute == 76 ? 7 : attribute == 18 ? getenv("FAKE_INTEGRATED") != NULL : 1;
    return OK;
}
int cuDeviceComputeCapability(int *major, int *minor, int device) { *major = 8; *minor = 7; return OK; }
int cuDevicePrimaryCtxRetain(void **context, int device) { *context = &contexts; contexts++; return OK; }
int cuDevicePrimaryCtxRelease_v2(int device) { contexts--; return OK; }
int cuCtxSetCurrent(void *context) { depth = context != NULL; current[1] = context; return OK; }
int cuCtxGetCurrent(void **context) { *context = depth ? current[depth] : NULL; return OK; }
int cuCtxPushCurrent_v2(void *context) { current[++depth] = context; return OK; }
int cuCtxPopCurrent_v2(void **context) { if (context) *context = current[depth]; depth--; return OK; }
int cuCtxGetDevice(int *device) { *device = 0; return OK; }
int cuCtxGetApiVersion(void *context, unsigned *version) { *version = 3020; return OK; }
int cuCtxSynchronize(void) { return OK; }

int cuMemGetInfo_v2(size_t *free_bytes, size_t *total) { *free_bytes = 6u << 30 | 1u << 29; *total = 8ull << 30; return OK; }
int cuMemAlloc_v2(void **address, size_t bytes) {
    if (bytes > 1ull << 40) return OUT_OF_MEMORY;
    *address = malloc(bytes); memories++; return OK;
}
int cuMemFree_v2(void *address) { free(address); memories--; return OK; }
int cuMemHostAlloc(void **address, size_t bytes, unsigned flags) { *address = malloc(bytes); hosts++; return OK; }
int cuMemFreeHost(void *address) { free(address); hosts--; return OK; }
int cuMemHostGetDevicePointer_v2(void **seen, void *address, unsigned flags) { *seen = address; return OK; }

int cuStreamCreate(Stream **stream, unsigned flags) {
    *stream = calloc(1, sizeof(Stream)); (*stream)->flags = flags; streams++; return OK;
}
int cuStreamDestroy_v2(Stream *stream) { free(stream); streams--; return OK; }
int cuStreamSynchronize(Stream *stream) { return OK; }

static int copy(void *to, const void *from, size_t bytes, Stream *stream) {
    if (!depth) return 201; /* invalid context */
    if (stream->capturing) stream->capturing->copies[stream->capturing->count++] = (Copy){to, from, bytes};
    else memcpy(to, from, bytes);
    return OK;
}
int cuMemcpyHtoDAsync_v2(void *to, const void *from, size_t bytes, Stream *s) { return copy(to, from, bytes, s); }
int cuMemcpyDtoHAsync_v2(void *to, const void *from, size_t bytes, Stream *s) { return copy(to, from, bytes, s); }

int cuEventCreate(Event **event, unsigned flags) {
    *event = calloc(1, sizeof(Event)); (*event)->flags = flags; events++; return OK;
}
int cuEventDestroy_v2(Event *event) { free(event); events--; return OK; }
int cuEventRecord(Event *event, Stream *stream) {
    struct timespec now; clock_gettime(CLOCK_MONOTONIC, &now);
    event->ms = now.tv_sec * 1e3 + now.tv_nsec / 1e6; event->recorded = 1; return OK;
}
int cuEventSynchronize(Event *event) { return event->recorded ? OK : INVALID; }
int cuEventElapsedTime(float *ms, Event *start, Event *end) {
    if ((start->flags | end->flags) & 2) return INVALID; /* made without timing */
    *ms = (float)(end->ms - start->ms); return OK;
}
int cuEventElapsedTime_v2(float *ms, Event *start, Event *end) { return cuEventElapsedTime(ms, start, end); }

int cuStreamBeginCapture_v2(Stream *stream, int mode) {
    if (stream->capturing) return 900; /* it is being captured */
    stream->capturing = calloc(1, sizeof(Graph)); stream->capturing->references = 1; graphs++; return OK;
}
static void release(Graph *graph) { if (!--graph->references) { free(graph); graphs--; } }
int cuStreamEndCapture(Stream *stream, Graph **graph) {
    if (!stream->capturing) return 901;
    *graph = stream->capturing; stream->capturing = NULL; return OK;
}
int cuGraphInstantiateWithFlags(Graph **executable, Graph *graph, unsigned long long flags) {
    graph->references++; *executable = graph; return OK;
}
int cuGraphLaunch(Graph *graph, Stream *stream) {
    for (int i = 0; i < graph->count; i++) memcpy(graph->copies[i].to, graph->copies[i].from, graph->copies[i].bytes);
    return OK;
}
int cuGraphDestroy(Graph *graph) { release(graph); return OK; }
int cuGraphExecDestroy(Graph *graph) { release(graph); return OK; }

int cuGetErrorString(int code, const char **text) { *text = code == 2 ? "out of memory" : "an error"; return OK; }
int cuGetErrorName(int code, const char **text) { *text = code == 2 ? "CUDA_ERROR_OUT_OF_MEMORY" : "CUDA_ERROR"; return OK; }

int cuGetProcAddress_v2(const char *name, void **function, int version, unsigned long long flags, int *status) {
    static const char *suffixes[] = {"_v2", "WithFlags", ""};
    char full[128];
    for (int i = 0; i < 3; i++) {
        snprintf(full, sizeof full, "%s%s", name, suffixes[i]);
        if ((*function = dlsym(RTLD_DEFAULT, full))) break;
    }
    if (status) *status = *function ? 0 : 1;
    return *function ? OK : NOT_FOUND;
}
int cuGetProcAddress(const char *name, void **function, int version, unsigned long long flags) {
    return cuGetProcAddress_v2(name, function, version, flags, NULL);
}
