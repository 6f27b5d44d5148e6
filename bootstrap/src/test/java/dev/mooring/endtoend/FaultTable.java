package dev.mooring.endtoend;

import dev.mooring.endtoend.Ordeal.Target;
import dev.mooring.endtoend.Ordeal.Verdict;

import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/** What a {@link KillSweep} found, for the eye and for the test. Any thread may add to it. */
final class FaultTable {

    private static final String ROW = "%-38s %6s %6s %6s %10s %9s %8s %6s %8s %5s%n";

    private final Map<FaultPoint, List<Verdict>> verdicts = new EnumMap<>(FaultPoint.class);
    private final Map<FaultPoint, Integer> stood = new EnumMap<>(FaultPoint.class);
    private final Map<Target, List<Duration>> recoveries = new EnumMap<>(Target.class);
    private final List<String> troubles = new ArrayList<>();
    private int bystanders;
    private int servedBystanders;

    /**
     * @param stands whether the process died exactly there, and not a little before or after
     */
    synchronized void add(FaultPoint point, boolean stands, Verdict verdict) {
        stood.merge(point, stands ? 1 : 0, Integer::sum);
        verdicts.computeIfAbsent(point, none -> new ArrayList<>()).add(verdict);
    }

    /** From a kill to the moment at which both nodes say again that they are ready. */
    synchronized void addRecovery(Target target, Duration taken) {
        recoveries.computeIfAbsent(target, none -> new ArrayList<>()).add(taken);
    }

    /** Whether another client was served at the other node while its neighbour was dead. */
    synchronized void addBystander(boolean served) {
        bystanders++;
        servedBystanders += served ? 1 : 0;
    }

    synchronized void addTrouble(String story) {
        troubles.add(story);
    }

    /** What should not have happened; empty when all is well. */
    synchronized List<String> troubles() {
        List<String> all = new ArrayList<>(troubles);
        if (servedBystanders < bystanders) {
            all.add(
                    "%d times the other node did not serve meanwhile"
                            .formatted(bystanders - servedBystanders));
        }
        return all;
    }

    synchronized int kills() {
        return recoveries.values().stream().mapToInt(List::size).sum();
    }

    synchronized Set<FaultPoint> points() {
        return EnumSet.copyOf(verdicts.keySet());
    }

    /**
     * Which part of the points of this kind that were tried a process died at exactly, and not a
     * little before or after.
     */
    synchronized double hits(Class<? extends FaultPoint.Place> kind) {
        List<FaultPoint> tried =
                verdicts.keySet().stream().filter(point -> kind.isInstance(point.place())).toList();
        int hits = tried.stream().mapToInt(point -> stood.getOrDefault(point, 0)).sum();
        int all = tried.stream().mapToInt(point -> verdicts.get(point).size()).sum();
        return (double) hits / all;
    }

    /** The points at which no process died exactly, though that was tried. */
    synchronized List<FaultPoint> missed() {
        return stood.entrySet().stream()
                .filter(point -> point.getValue() == 0)
                .map(Map.Entry::getKey)
                .filter(point -> !(point.place() instanceof FaultPoint.Place.Anywhere))
                .toList();
    }

    synchronized int ambiguous() {
        return count(all(), Verdict::ambiguous);
    }

    private List<Verdict> all() {
        return verdicts.values().stream().flatMap(List::stream).toList();
    }

    private static int count(List<Verdict> among, Predicate<Verdict> what) {
        return Math.toIntExact(among.stream().filter(what).count());
    }

    @Override
    public synchronized String toString() {
        StringBuilder text = new StringBuilder();
        text.append(
                ROW.formatted(
                        "point",
                        "kills",
                        "there",
                        "lost",
                        "ambiguous",
                        "reported",
                        "doubled",
                        "stuck",
                        "orphaned",
                        "left"));
        verdicts.forEach((point, found) -> text.append(row(point.name(), stood.get(point), found)));
        text.append(row("all", stood.values().stream().mapToInt(i -> i).sum(), all()));
        text.append(
                "%n%d kills of a process; the other node served meanwhile %d of %d times%n"
                        .formatted(kills(), servedBystanders, bystanders));
        recoveries.forEach((target, taken) -> {
            List<Duration> sorted = taken.stream().sorted().toList();
            text.append(
                    "%-8s killed %3d times, ready again after %.1f s (median), %.1f s (longest)%n"
                            .formatted(
                                    target,
                                    sorted.size(),
                                    seconds(sorted.get(sorted.size() / 2)),
                                    seconds(sorted.getLast())));
        });
        return text.toString();
    }

    private static String row(String name, int there, List<Verdict> found) {
        return ROW.formatted(
                name,
                found.size(),
                there,
                count(found, Verdict::lost),
                count(found, Verdict::ambiguous),
                count(found, Verdict::reported),
                count(found, Verdict::doubled),
                count(found, Verdict::stuck),
                count(found, Verdict::orphaned),
                count(found, Verdict::left));
    }

    private static double seconds(Duration duration) {
        return duration.toMillis() / 1000.0;
    }
}
