package dev.mooring.application.modelcheck;

import java.io.Serial;

/** Some order of steps leads where it must not. */
final class RuleBroken extends AssertionError {

    @Serial private static final long serialVersionUID = 1L;

    private final Rule rule;
    private final String how;

    RuleBroken(Rule rule, String how) {
        super(rule + ": " + how);
        this.rule = rule;
        this.how = how;
    }

    Rule rule() {
        return rule;
    }

    String how() {
        return how;
    }
}
