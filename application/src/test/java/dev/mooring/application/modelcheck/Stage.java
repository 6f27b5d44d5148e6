package dev.mooring.application.modelcheck;

import dev.mooring.application.modelcheck.Actor.Status;
import dev.mooring.application.modelcheck.Move.Kind;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;

/**
 * One run from the start: of the actors exactly one is at work at any time, and who is next is for
 * the exploration to say. Who stops decides on whose turn it is, so that going on costs no switch
 * of threads.
 */
final class Stage {
    private static final int LONGEST = 400;

    private final Exploration exploration;
    private final World world;
    private final Scenario scenario;
    private final List<Actor> actors = new ArrayList<>();
    private final List<String> trace = new ArrayList<>();
    private final Semaphore over = new Semaphore(0);
    private int faults;
    private boolean setting = true;
    private boolean pruned;
    private Optional<Throwable> failure = Optional.empty();

    Stage(Exploration exploration, World world, Scenario scenario) {
        this.exploration = exploration;
        this.world = world;
        this.scenario = scenario;
        this.faults = scenario.faults();
    }

    /** Lets the actors act; false when all that follows was seen before. */
    boolean run() {
        for (Scenario.Part part : scenario.parts()) {
            Actor actor = new Actor(actors.size(), part.name(), this);
            actors.add(actor);
            actor.start(world.task(actor, part));
            actor.release();
            over.acquireUninterruptibly();
        }
        setting = false;
        exploration.begin();
        decide().ifPresentOrElse(Actor::release, over::release);
        over.acquireUninterruptibly();
        actors.forEach(Actor::end);
        failure.ifPresent(this::rethrow);
        return !pruned;
    }

    /** Holds what is left when all is over against the rules. */
    void finish() {
        try {
            world.checkEnd(actors, faults == scenario.faults());
        } catch (Throwable e) {
            rethrow(e);
        }
    }

    /** Whose turn is it? True when it is still the one's who asks. */
    boolean passOn(Actor from) {
        Optional<Actor> next = setting ? Optional.empty() : decide();
        if (next.filter(from::equals).isPresent()) {
            return true;
        }
        next.ifPresentOrElse(Actor::release, over::release);
        return false;
    }

    /** The same for an actor that has nothing more to do. */
    void passOn() {
        Optional<Actor> next = setting ? Optional.empty() : decide();
        next.ifPresentOrElse(Actor::release, over::release);
    }

    void fail(Throwable why) {
        if (failure.isEmpty()) {
            failure = Optional.of(why);
        }
    }

    int number(Object value) {
        return exploration.number(value);
    }

    void tell(String more) {
        trace.add("    " + more);
    }

    /** Empty when the run is over. */
    private Optional<Actor> decide() {
        try {
            return next();
        } catch (Throwable e) {
            fail(e);
            return Optional.empty();
        }
    }

    private Optional<Actor> next() {
        while (failure.isEmpty()) {
            world.check();
            List<Move> moves = moves();
            if (moves.isEmpty()) {
                return Optional.empty();
            }
            if (trace.size() > LONGEST) {
                throw Rule.NOTHING_HANGS_THAT_THE_SAME_CALL_DOES_NOT_MEND.broken(
                        "it goes on and on");
            }
            Optional<Move> move = exploration.choose(moves, this::key);
            if (move.isEmpty()) {
                pruned = true;
                return Optional.empty();
            }
            Optional<Actor> next = make(move.get());
            if (next.isPresent()) {
                return next;
            }
        }
        return Optional.empty();
    }

    private List<Move> moves() {
        List<Move> moves = new ArrayList<>();
        for (Actor actor : actors) {
            if (actor.mayStep()) {
                moves.add(new Move(Kind.STEP, actor.number()));
            }
        }
        boolean stuck = moves.isEmpty();
        if (stuck && actors.stream().anyMatch(actor -> actor.is(Status.WAITING))) {
            moves.add(Move.ofAll(Kind.PATIENCE_ENDS));
        }
        if (faults > 0 && !stuck) {
            if (world.isSlow()) {
                moves.add(Move.ofAll(Kind.LEASES_END));
            }
            for (Actor actor : breakable()) {
                if (actor.isLossy()) {
                    moves.add(new Move(Kind.LOSE, actor.number()));
                }
                if (actor.is(Status.READY)) {
                    moves.add(new Move(Kind.CRASH, actor.number()));
                }
                if (actor.is(Status.WAITING) && !actor.mayStep()) {
                    moves.add(new Move(Kind.GIVE_UP, actor.number()));
                }
            }
        }
        return moves;
    }

    private List<Actor> breakable() {
        if (scenario.has(Scenario.Trait.ONLY_SLOW)) {
            return List.of();
        }
        return scenario.has(Scenario.Trait.ALIKE) ? actors.subList(0, 1) : actors;
    }

    /** The actor whose turn it is then. */
    private Optional<Actor> make(Move move) {
        trace.add(move.kind() + (move.actor() < 0 ? "" : " " + actors.get(move.actor())));
        switch (move.kind()) {
            case STEP -> {}
            case LOSE, GIVE_UP -> faults--;
            case CRASH -> {
                faults--;
                actors.get(move.actor()).die();
                world.died(actors.get(move.actor()));
                return Optional.empty();
            }
            case LEASES_END -> {
                faults--;
                world.leasesEnd();
                return Optional.empty();
            }
            case PATIENCE_ENDS -> {
                world.patienceEnds();
                actors.stream()
                        .filter(actor -> actor.is(Status.WAITING))
                        .forEach(Actor::losePatience);
                return Optional.empty();
            }
        }
        Actor actor = actors.get(move.actor());
        actor.grant(move.kind());
        return Optional.of(actor);
    }

    private Object key() {
        List<Integer> key = new ArrayList<>();
        key.add(faults);
        key.add(number(world.key()));
        actors.forEach(actor -> key.add(number(actor.key())));
        return key;
    }

    private void rethrow(Throwable why) {
        String steps = "\n  " + String.join("\n  ", trace);
        if (why instanceof RuleBroken broken) {
            RuleBroken told = new RuleBroken(broken.rule(), broken.how() + steps);
            told.initCause(broken);
            throw told;
        }
        throw new AssertionError(why + steps, why);
    }
}
