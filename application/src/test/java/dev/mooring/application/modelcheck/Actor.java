package dev.mooring.application.modelcheck;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** One call on one node, on a thread of its own that goes on only when it is its turn. */
final class Actor {

    enum Status {
        READY,
        WAITING,
        DONE,
        DEAD
    }

    /** Thrown where a thread shall end because its node is dead. */
    static final class NodeDied extends Error {
        private static final long serialVersionUID = 1L;

        NodeDied() {
            super("the node died", null, false, false);
        }
    }

    private final int number;
    private final String name;
    private final Stage stage;
    private final Semaphore turn = new Semaphore(0);
    private final List<Object> notes = new ArrayList<>();
    private Thread thread = Thread.currentThread();
    private Status status = Status.READY;
    private String step = "begin";
    private boolean lossy;
    private BooleanSupplier condition = () -> true;
    private Move.Kind granted = Move.Kind.STEP;
    private boolean doomed;
    private boolean inUnit;
    private int history;
    private Optional<Object> result = Optional.empty();

    Actor(int number, String name, Stage stage) {
        this.number = number;
        this.name = name;
        this.stage = stage;
    }

    void start(Supplier<Object> task) {
        thread =
                Thread.startVirtualThread(() -> {
                    turn.acquireUninterruptibly();
                    try {
                        if (doomed) {
                            return;
                        }
                        result = Optional.of(task.get());
                    } catch (NodeDied e) {
                        return;
                    } catch (Throwable e) {
                        stage.fail(e);
                    }
                    status = Status.DONE;
                    stage.passOn();
                });
    }

    /** Stops before the next step until it is this actor's turn again. */
    Move.Kind pause(String nextStep, boolean mayBeLost) {
        step = nextStep;
        lossy = mayBeLost;
        return stop(Status.READY);
    }

    /** Stops until the condition holds, or patience ends. */
    void await(String what, BooleanSupplier until) {
        step = what;
        condition = until;
        stop(Status.WAITING);
    }

    void losePatience() {
        condition = () -> true;
    }

    private Move.Kind stop(Status now) {
        requireAlive();
        status = now;
        if (!stage.passOn(this)) {
            turn.acquireUninterruptibly();
        }
        requireAlive();
        status = Status.READY;
        return granted;
    }

    void requireAlive() {
        if (doomed) {
            throw new NodeDied();
        }
    }

    /** It may take its next step. */
    void grant(Move.Kind kind) {
        granted = kind;
    }

    void release() {
        turn.release();
    }

    void die() {
        status = Status.DEAD;
    }

    /** Ends the thread, wherever it stands. */
    void end() {
        doomed = true;
        turn.release();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("Interrupted", e);
        }
    }

    /** Runs a unit of work, inside of which there are no steps. */
    <T> T inUnit(Supplier<T> work) {
        inUnit = true;
        try {
            return work.get();
        } finally {
            inUnit = false;
        }
    }

    /** For whoever reads the steps of a run that broke a rule. */
    void tell(String what) {
        stage.tell(what);
    }

    /** What it has learnt decides what it will do: nothing else is in its memory. */
    void learn(Object... what) {
        history = stage.number(List.of(history, List.of(what)));
    }

    /** What a rule wants to know about it later. */
    void note(Object note) {
        notes.add(note);
    }

    List<Object> notes() {
        return notes;
    }

    int number() {
        return number;
    }

    boolean isInUnit() {
        return inUnit;
    }

    boolean isLossy() {
        return lossy && status == Status.READY;
    }

    boolean is(Status asked) {
        return status == asked;
    }

    boolean mayStep() {
        return status == Status.READY || (status == Status.WAITING && condition.getAsBoolean());
    }

    Optional<Object> result() {
        return result;
    }

    Object key() {
        return switch (status) {
            case DONE -> List.of(status, result, notes);
            case DEAD -> List.of(status, notes);
            case READY, WAITING -> List.of(status, mayStep(), step, history, List.copyOf(notes));
        };
    }

    @Override
    public String toString() {
        return name + ": " + step;
    }
}
