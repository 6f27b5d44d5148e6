package dev.mooring.application.port;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/** Counts in memory. */
public final class CountingDebtMeter implements DebtMeter {
    private final ConcurrentMap<Result, Integer> counts = new ConcurrentHashMap<>();
    private final ConcurrentMap<Kind, Outbox.Backlog> backlogs = new ConcurrentHashMap<>();

    @Override
    public void count(Kind kind, Result result) {
        counts.merge(result, 1, Integer::sum);
    }

    @Override
    public void owed(Kind kind, Outbox.Backlog backlog) {
        backlogs.put(kind, backlog);
    }

    /** What was counted so far, of either kind; what never happened is not in it. */
    public Map<Result, Integer> counts() {
        return Map.copyOf(counts);
    }

    /** What was measured last. */
    public Map<Kind, Outbox.Backlog> backlogs() {
        return Map.copyOf(backlogs);
    }
}
