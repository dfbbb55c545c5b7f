/* Runs a program COUNT times from THREADS threads, its output captured through pipes as a
   job system has to; prints how many seconds that took. */
#include <pthread.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <fcntl.h>

extern char **environ;
static atomic_long left;
static char *arguments[] = {"/bin/true", NULL};

static void die(const char *what) { perror(what); exit(1); }

static void run_one(void) {
    int out[2], err[2], status;
    char buffer[4096];
    pid_t pid;
    posix_spawn_file_actions_t actions;
    if (pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC)) die("pipe2");
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    posix_spawn_file_actions_adddup2(&actions, err[1], 2);
    if (posix_spawn(&pid, arguments[0], &actions, NULL, arguments, environ)) die("posix_spawn");
    posix_spawn_file_actions_destroy(&actions);
    close(out[1]);
    close(err[1]);
    while (read(out[0], buffer, sizeof buffer) > 0) {}
    while (read(err[0], buffer, sizeof buffer) > 0) {}
    close(out[0]);
    close(err[0]);
    if (waitpid(pid, &status, 0) != pid || status != 0) die("waitpid");
}

static void *work(void *unused) {
    while (atomic_fetch_sub(&left, 1) > 0) run_one();
    return unused;
}

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    left = atol(argv[1]);
    int threads = atoi(argv[2]);
    pthread_t *ids = calloc(threads, sizeof *ids);
    struct timespec began, ended;
    clock_gettime(CLOCK_MONOTONIC, &began);
    for (int i = 0; i < threads; i++)
        if (pthread_create(&ids[i], NULL, work, NULL)) die("pthread_create");
    for (int i = 0; i < threads; i++) pthread_join(ids[i], NULL);
    clock_gettime(CLOCK_MONOTONIC, &ended);
    printf("%.6f\n", (ended.tv_sec - began.tv_sec) + (ended.tv_nsec - began.tv_nsec) / 1e9);
    return 0;
}
