package dev.mooring.application.port;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/** Counts in memory. */
public final class CountingRenewalMeter implements RenewalMeter {
    private final ConcurrentMap<Result, Integer> counts = new ConcurrentHashMap<>();

    @Override
    public void count(Result result) {
        counts.merge(result, 1, Integer::sum);
    }

    /** What was counted so far; what never happened is not in it. */
    public Map<Result, Integer> counts() {
        return Map.copyOf(counts);
    }
}
