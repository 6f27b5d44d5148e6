package dev.mooring.bootstrap;

import dev.mooring.application.Job;
import dev.mooring.application.port.StoreUnavailableException;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;

/**
 * What happens by itself, on every node: each job is safe to run on many at once. A job that fails
 * is tried again at its next turn.
 */
final class Schedules implements AutoCloseable {
    private static final Logger LOGGER = System.getLogger(Schedules.class.getName());
    private final ScheduledExecutorService timer;

    private Schedules(ScheduledExecutorService timer) {
        this.timer = timer;
    }

    /** Starts them. The first turn of each comes at a random time, so that nodes keep no step. */
    // Nobody asks the future: a job runs until the process ends, and guarded() lets nothing out.
    @SuppressWarnings("FutureReturnValueIgnored")
    static Schedules start(List<Job> jobs, RandomGenerator random) {
        ThreadFactory threads = Thread.ofVirtual().name("schedule-", 0).factory();
        // A thread for each, as no job may wait for one that waits for a slow server.
        ScheduledExecutorService timer = Executors.newScheduledThreadPool(jobs.size(), threads);
        for (Job job : jobs) {
            long every = job.every().toMillis();
            timer.scheduleWithFixedDelay(
                    () -> guarded(job), random.nextLong(every), every, TimeUnit.MILLISECONDS);
        }
        return new Schedules(timer);
    }

    private static void guarded(Job job) {
        try {
            job.run();
        } catch (StoreUnavailableException e) {
            LOGGER.log(
                    Level.WARNING, "{0} waits for the database: {1}", job.name(), e.getMessage());
        } catch (RuntimeException | Error e) {
            // What left the job would end its schedule for good.
            LOGGER.log(Level.ERROR, "The scheduled job " + job.name() + " failed", e);
        }
    }

    /** Runs each of them once, one after the other. */
    static void runOnce(List<Job> jobs) {
        jobs.forEach(Schedules::guarded);
    }

    /** Lets the jobs that are at work end. */
    @Override
    public void close() {
        Opened.end(timer);
    }
}
