package dev.mooring.adapter.rest.edge;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * A token bucket for every caller: it fills at the agreed rate and holds a burst, so that a page
 * may ask for several things at once. Callers that were quiet longest are forgotten first, and
 * begin anew with a full one, once there are {@value #MAX_CALLERS} others. Safe for use by many
 * threads.
 */
public final class RequestRate {
    /** Lets everything through. */
    public static final RequestRate UNLIMITED = new RequestRate(0, 0, System::nanoTime);

    private static final int MAX_CALLERS = 10_000;
    private static final double NANOS_PER_SECOND = 1e9;

    private final int perSecond;
    private final int burst;
    private final LongSupplier nanoTime;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<String, Bucket> buckets =
            new LinkedHashMap<>(16, 0.75f, true) {
                @Override
                protected boolean removeEldestEntry(Map.Entry<String, Bucket> eldest) {
                    return size() > MAX_CALLERS;
                }
            };

    private record Bucket(double tokens, long at) {}

    /**
     * Limits every caller alike.
     *
     * @param perSecond how many requests a caller may send each second; 0 is no limit
     * @param burst how many it may send at once after a pause
     * @param nanoTime a clock that only goes forward
     */
    public RequestRate(int perSecond, int burst, LongSupplier nanoTime) {
        this.perSecond = perSecond;
        this.burst = burst;
        this.nanoTime = nanoTime;
    }

    /** Takes a token, if there is one. */
    boolean allows(String caller) {
        if (perSecond == 0) {
            return true;
        }
        long now = nanoTime.getAsLong();
        lock.lock();
        try {
            Bucket bucket = buckets.getOrDefault(caller, new Bucket(burst, now));
            double brought = (now - bucket.at()) / NANOS_PER_SECOND * perSecond;
            double tokens = Math.min(burst, bucket.tokens() + brought);
            boolean allowed = tokens >= 1;
            buckets.put(caller, new Bucket(allowed ? tokens - 1 : tokens, now));
            return allowed;
        } finally {
            lock.unlock();
        }
    }
}
