package dev.mooring.adapter.rest.edge;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * A token bucket for every address that calls: it fills at the agreed rate and holds what two
 * seconds bring, so that a page may ask for several things at once. Addresses that were quiet
 * longest are forgotten first; theirs would be full again. Safe for use by many threads.
 */
public final class RequestRate {
    /** Lets everything through. */
    public static final RequestRate UNLIMITED = new RequestRate(0, System::nanoTime);

    private static final int MAX_ADDRESSES = 10_000;
    private static final double SECONDS_HELD = 2;
    private static final double NANOS_PER_SECOND = 1e9;

    private final double perSecond;
    private final LongSupplier nanoTime;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<String, Bucket> buckets =
            new LinkedHashMap<>(16, 0.75f, true) {
                @Override
                protected boolean removeEldestEntry(Map.Entry<String, Bucket> eldest) {
                    return size() > MAX_ADDRESSES;
                }
            };

    private record Bucket(double tokens, long at) {}

    /**
     * Limits every address alike.
     *
     * @param perSecond how many requests an address may send each second; 0 is no limit
     * @param nanoTime a clock that only goes forward
     */
    public RequestRate(int perSecond, LongSupplier nanoTime) {
        this.perSecond = perSecond;
        this.nanoTime = nanoTime;
    }

    boolean allows(String address) {
        if (perSecond == 0) {
            return true;
        }
        double full = perSecond * SECONDS_HELD;
        long now = nanoTime.getAsLong();
        lock.lock();
        try {
            Bucket bucket = buckets.getOrDefault(address, new Bucket(full, now));
            double brought = (now - bucket.at()) / NANOS_PER_SECOND * perSecond;
            double tokens = Math.min(full, bucket.tokens() + brought);
            boolean allowed = tokens >= 1;
            buckets.put(address, new Bucket(allowed ? tokens - 1 : tokens, now));
            return allowed;
        } finally {
            lock.unlock();
        }
    }
}
