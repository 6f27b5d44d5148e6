package dev.mooring.application.modelcheck;

import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Consumer;

/**
 * What is explored: calls that are made at once, each on a node of its own, to a client in some
 * state.
 *
 * @param setting brings the client there
 * @param faults how many of crash, loss, end of leases and loss of patience may happen in one run
 */
record Scenario(
        String name, Consumer<World> setting, List<Part> parts, int faults, Set<Trait> traits) {

    /** What is to be expected at the end. */
    enum Trait {
        /** The client has a grant at the beginning. */
        HAS_GRANT,
        /** Somebody takes the grant, the attempt or the client away. */
        TAKES_AWAY,
        /** Somebody changes the client, so that who waits may be told of that. */
        CHANGES,
        /** The calls are alike, so it does not matter on which of their nodes something breaks. */
        ALIKE,
        /**
         * The authorization server does not end a consent over a refresh token that comes again.
         */
        FORGIVING_SERVER,
        /** Leases may end under who is at work, and nothing else breaks. */
        ONLY_SLOW
    }

    /**
     * One call.
     *
     * @param ahead by how much the clock of its node is wrong
     */
    record Part(String name, Duration ahead, BiFunction<World, Node, Object> call) {}

    static Scenario of(String name, Consumer<World> setting, Trait... traits) {
        Set<Trait> all = EnumSet.noneOf(Trait.class);
        all.addAll(List.of(traits));
        return new Scenario(name, setting, List.of(), 0, Set.copyOf(all));
    }

    Scenario with(String part, BiFunction<World, Node, Object> call) {
        return with(part, Duration.ZERO, call);
    }

    Scenario with(String part, Duration ahead, BiFunction<World, Node, Object> call) {
        List<Part> more = new ArrayList<>(parts);
        more.add(new Part(part, ahead, call));
        return new Scenario(name, setting, List.copyOf(more), faults, traits);
    }

    Scenario faults(int most) {
        return new Scenario(name, setting, parts, most, traits);
    }

    boolean has(Trait trait) {
        return traits.contains(trait);
    }

    @Override
    public String toString() {
        return name;
    }
}
