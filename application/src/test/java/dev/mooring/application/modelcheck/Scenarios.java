package dev.mooring.application.modelcheck;

import static dev.mooring.application.modelcheck.Scenario.Trait.ALIKE;
import static dev.mooring.application.modelcheck.Scenario.Trait.CHANGES;
import static dev.mooring.application.modelcheck.Scenario.Trait.FORGIVING_SERVER;
import static dev.mooring.application.modelcheck.Scenario.Trait.HAS_GRANT;
import static dev.mooring.application.modelcheck.Scenario.Trait.ONLY_SLOW;
import static dev.mooring.application.modelcheck.Scenario.Trait.TAKES_AWAY;

import java.time.Duration;
import java.util.List;

/** What is explored: every pair of calls that touch the same attempt, grant or connection. */
final class Scenarios {
    /** What a call comes to after which the client has no grant. */
    static final Object TAKEN_AWAY = "taken away";

    // ---- a code is redeemed meanwhile

    static final Scenario CALLBACK_TWICE =
            Scenario.of("a response comes twice", World::register, ALIKE)
                    .with("callback", Scenarios::callback)
                    .with("callback again", Scenarios::callback)
                    .faults(2);
    static final Scenario CALLBACK_AND_REVOKE =
            Scenario.of("a redemption and a revocation", World::register, CHANGES, TAKES_AWAY)
                    .with("callback", Scenarios::callback)
                    .with("revoke", Scenarios::revoke)
                    .faults(2);

    static final Scenario CALLBACK_AND_SWEEP_AND_REVOKE =
            Scenario.of(
                            "a redemption, a sweep by a node an hour ahead and a revocation",
                            World::register,
                            CHANGES,
                            TAKES_AWAY)
                    .with("callback", Scenarios::callback)
                    .with("sweep", Duration.ofHours(1), Scenarios::sweep)
                    .with("revoke", Scenarios::revoke);
    static final Scenario CALLBACK_AND_SWEEP_AND_MOVE =
            Scenario.of(
                            "a redemption, a sweep by a node an hour ahead and an edit of the"
                                    + " server",
                            World::register,
                            CHANGES,
                            TAKES_AWAY)
                    .with("callback", Scenarios::callback)
                    .with("sweep", Duration.ofHours(1), Scenarios::sweep)
                    .with("edit", Scenarios::move);

    // ---- a connection is made meanwhile

    static final Scenario COMPLETE_TWICE =
            Scenario.of("two complete", World::authorize, HAS_GRANT, ALIKE)
                    .with("complete", Scenarios::complete)
                    .with("complete again", Scenarios::complete)
                    .faults(2);

    // ---- tokens are refreshed meanwhile

    static final Scenario CALL_TWICE =
            Scenario.of("two need fresh tokens", World::expire, HAS_GRANT, ALIKE)
                    .with("call", Scenarios::call)
                    .with("call again", Scenarios::call)
                    .faults(1);
    static final Scenario CALL_TWICE_AT_A_FORGIVING_SERVER =
            Scenario.of(
                            "two need fresh tokens of a forgiving server",
                            World::expire,
                            HAS_GRANT,
                            ALIKE,
                            FORGIVING_SERVER)
                    .with("call", Scenarios::call)
                    .with("call again", Scenarios::call)
                    .faults(2);
    static final Scenario CALL_TWICE_AND_ONE_IS_SLOW =
            Scenario.of(
                            "two need fresh tokens, and one is slower than its lease",
                            World::expire,
                            HAS_GRANT,
                            ALIKE,
                            ONLY_SLOW)
                    .with("call", Scenarios::call)
                    .with("call again", Scenarios::call)
                    .faults(1);
    static final Scenario CALL_AND_REVOKE =
            Scenario.of("a refresh and a revocation", World::expire, HAS_GRANT, CHANGES, TAKES_AWAY)
                    .with("call", Scenarios::call)
                    .with("revoke", Scenarios::revoke)
                    .faults(2);
    static final Scenario CALL_AND_CONSENT_AGAIN =
            Scenario.of("a refresh and a new consent", World::expire, HAS_GRANT, CHANGES)
                    .with("call", Scenarios::call)
                    .with("consent", World::consentAgain)
                    .faults(1);

    private Scenarios() {}

    static List<Scenario> all() {
        return List.of(
                CALLBACK_TWICE,
                Scenario.of("three bring one response", World::register, ALIKE)
                        .with("callback", Scenarios::callback)
                        .with("callback again", Scenarios::callback)
                        .with("callback once more", Scenarios::callback),
                Scenario.of("a redemption and an edit", World::register, CHANGES)
                        .with("callback", Scenarios::callback)
                        .with("edit", Scenarios::rename)
                        .faults(2),
                Scenario.of(
                                "a redemption and an edit of the server",
                                World::register,
                                CHANGES,
                                TAKES_AWAY)
                        .with("callback", Scenarios::callback)
                        .with("edit", Scenarios::move)
                        .faults(2),
                CALLBACK_AND_REVOKE,
                Scenario.of("a redemption and a removal", World::register, CHANGES, TAKES_AWAY)
                        .with("callback", Scenarios::callback)
                        .with("remove", Scenarios::remove)
                        .faults(2),
                Scenario.of("a redemption and another consent", World::register, CHANGES)
                        .with("callback", Scenarios::callback)
                        .with("consent", World::consentAgain)
                        .faults(1),
                Scenario.of(
                                "a redemption and a sweep by a node an hour ahead",
                                World::register,
                                CHANGES)
                        .with("callback", Scenarios::callback)
                        .with("sweep", Duration.ofHours(1), Scenarios::sweep)
                        .faults(1),
                CALLBACK_AND_SWEEP_AND_REVOKE,
                CALLBACK_AND_SWEEP_AND_MOVE,
                COMPLETE_TWICE,
                Scenario.of("three complete", World::authorize, HAS_GRANT, ALIKE)
                        .with("complete", Scenarios::complete)
                        .with("complete again", Scenarios::complete)
                        .with("complete once more", Scenarios::complete),
                Scenario.of("complete and an edit", World::authorize, HAS_GRANT, CHANGES)
                        .with("complete", Scenarios::complete)
                        .with("edit", Scenarios::rename)
                        .faults(1),
                Scenario.of(
                                "complete and an edit of the server",
                                World::authorize,
                                HAS_GRANT,
                                CHANGES,
                                TAKES_AWAY)
                        .with("complete", Scenarios::complete)
                        .with("edit", Scenarios::move)
                        .faults(1),
                Scenario.of(
                                "complete and a revocation",
                                World::authorize,
                                HAS_GRANT,
                                CHANGES,
                                TAKES_AWAY)
                        .with("complete", Scenarios::complete)
                        .with("revoke", Scenarios::revoke)
                        .faults(1),
                Scenario.of(
                                "complete and a removal",
                                World::authorize,
                                HAS_GRANT,
                                CHANGES,
                                TAKES_AWAY)
                        .with("complete", Scenarios::complete)
                        .with("remove", Scenarios::remove)
                        .faults(1),
                Scenario.of("complete and another consent", World::authorize, HAS_GRANT, CHANGES)
                        .with("complete", Scenarios::complete)
                        .with("consent", World::consentAgain)
                        .faults(1),
                CALL_TWICE,
                CALL_TWICE_AT_A_FORGIVING_SERVER,
                CALL_TWICE_AND_ONE_IS_SLOW,
                Scenario.of("a refresh and one by a node an hour ahead", World::connect, HAS_GRANT)
                        .with("call", Scenarios::call)
                        .with("call ahead", Duration.ofHours(1), Scenarios::call),
                Scenario.of("a refresh and one by a node an hour behind", World::expire, HAS_GRANT)
                        .with("call", Scenarios::call)
                        .with("call behind", Duration.ofHours(-1), Scenarios::call),
                Scenario.of("a refresh and an edit", World::expire, HAS_GRANT, CHANGES)
                        .with("call", Scenarios::call)
                        .with("edit", Scenarios::rename)
                        .faults(1),
                Scenario.of(
                                "a refresh and an edit of the server",
                                World::expire,
                                HAS_GRANT,
                                CHANGES,
                                TAKES_AWAY)
                        .with("call", Scenarios::call)
                        .with("edit", Scenarios::move)
                        .faults(1),
                CALL_AND_REVOKE,
                Scenario.of(
                                "a refresh and a removal",
                                World::expire,
                                HAS_GRANT,
                                CHANGES,
                                TAKES_AWAY)
                        .with("call", Scenarios::call)
                        .with("remove", Scenarios::remove)
                        .faults(1),
                CALL_AND_CONSENT_AGAIN,
                Scenario.of("a refresh and complete", World::expire, HAS_GRANT)
                        .with("call", Scenarios::call)
                        .with("reconnect", Scenarios::reconnect),
                Scenario.of(
                                "a revocation, a refresh and complete",
                                World::expire,
                                HAS_GRANT,
                                CHANGES,
                                TAKES_AWAY)
                        .with("call", Scenarios::call)
                        .with("reconnect", Scenarios::reconnect)
                        .with("revoke", Scenarios::revoke));
    }

    private static Object callback(World world, Node node) {
        return node.useCases().handleAuthorizationResponse().handle(world.granted());
    }

    private static Object complete(World world, Node node) {
        return node.useCases().completeAuthorization().handle(world.client());
    }

    private static Object reconnect(World world, Node node) {
        return node.useCases().reconnectClient().handle(world.client());
    }

    private static Object call(World world, Node node) {
        return node.useCases().executeTool().handle("files-echo", "{}");
    }

    /** No grant and no link depends on it. */
    private static Object rename(World world, Node node) {
        return world.edit(node, settings -> settings.slug("documents"));
    }

    /** The grant is for another server then. */
    private static Object move(World world, Node node) {
        return world.edit(node, settings -> settings.server("https://mcp.example/elsewhere"));
    }

    private static Object revoke(World world, Node node) {
        return node.useCases().revokeGrant().handle(world.link().config())
                ? TAKEN_AWAY
                : "there was nothing";
    }

    private static Object remove(World world, Node node) {
        return node.useCases().removeClient().handle(world.client());
    }

    private static Object sweep(World world, Node node) {
        node.useCases().sweepAttempts().handle();
        return "swept";
    }
}
