package dev.mooring.application.modelcheck;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Goes through all the choices of something that can be run again from its start, depth first, and
 * turns back where it has been before. States are compared as a whole, not by a digest.
 */
final class Exploration {

    private record Branch(List<Move> moves, int taken) {}

    private final List<Branch> path = new ArrayList<>();
    private final Set<Object> visited = new HashSet<>();
    private final Map<Object, Integer> numbers = new HashMap<>();
    private int depth;
    private int schedules;

    /** A small number for a value: the same for equal ones. */
    int number(Object value) {
        return numbers.computeIfAbsent(value, unseen -> numbers.size());
    }

    /** The next run from the start begins. */
    void begin() {
        depth = 0;
        schedules++;
    }

    /**
     * Which of the moves is taken.
     *
     * @return empty when this state was reached before, on another way
     */
    Optional<Move> choose(List<Move> moves, Supplier<Object> state) {
        if (depth == path.size()) {
            if (!visited.add(state.get())) {
                return Optional.empty();
            }
            path.add(new Branch(List.copyOf(moves), 0));
        }
        Branch branch = path.get(depth);
        depth++;
        if (!branch.moves().equals(moves)) {
            throw new AssertionError("The same steps led elsewhere: " + branch + " or " + moves);
        }
        return Optional.of(moves.get(branch.taken()));
    }

    /** Whether there is a choice left that was not made. */
    boolean turnBack() {
        while (!path.isEmpty()) {
            Branch last = path.removeLast();
            if (last.taken() + 1 < last.moves().size()) {
                path.add(new Branch(last.moves(), last.taken() + 1));
                return true;
            }
        }
        return false;
    }

    int schedules() {
        return schedules;
    }

    int states() {
        return visited.size();
    }
}
