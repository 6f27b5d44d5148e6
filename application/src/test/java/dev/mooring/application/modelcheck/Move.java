package dev.mooring.application.modelcheck;

/**
 * One thing that may happen next.
 *
 * @param actor to whom; -1 where it happens to all
 */
record Move(Kind kind, int actor) {

    enum Kind {
        /** The actor takes its next step. */
        STEP,
        /** The actor's next request, or the answer to it, does not arrive. */
        LOSE,
        /** The actor's node dies before its next step. */
        CRASH,
        /** The actor waits no longer for others. */
        GIVE_UP,
        /** An answer takes so long that every lease ends. */
        LEASES_END,
        /** Nobody can go on but by losing patience. */
        PATIENCE_ENDS
    }

    static Move ofAll(Kind kind) {
        return new Move(kind, -1);
    }
}
