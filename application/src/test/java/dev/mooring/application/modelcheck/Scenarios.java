package dev.mooring.application.modelcheck;

import static dev.mooring.application.modelcheck.Scenario.Trait.CHANGES;
import static dev.mooring.application.modelcheck.Scenario.Trait.FORGIVING_SERVER;
import static dev.mooring.application.modelcheck.Scenario.Trait.HAS_GRANT;
import static dev.mooring.application.modelcheck.Scenario.Trait.TAKES_AWAY;

import java.time.Duration;
import java.util.List;
import java.util.function.BiFunction;

/** What is explored: every pair of calls that touch the same attempt, grant or connection. */
final class Scenarios {
    private static final BiFunction<World, Node, Object> CALLBACK =
            (world, node) -> node.useCases().handleAuthorizationResponse().handle(world.granted());
    private static final BiFunction<World, Node, Object> COMPLETE =
            (world, node) -> node.useCases().completeAuthorization().handle(world.client());
    private static final BiFunction<World, Node, Object> CALL =
            (world, node) -> node.useCases().executeTool().handle("files-echo", "{}");
    private static final BiFunction<World, Node, Object> RENAME =
            (world, node) -> world.edit(node, settings -> settings.slug("documents"));
    private static final BiFunction<World, Node, Object> MOVE =
            (world, node) ->
                    world.edit(node, settings -> settings.server("https://mcp.example/elsewhere"));
    private static final BiFunction<World, Node, Object> REVOKE =
            (world, node) -> node.useCases().revokeGrant().handle(world.link().config());
    private static final BiFunction<World, Node, Object> REMOVE =
            (world, node) -> node.useCases().removeClient().handle(world.client());
    private static final BiFunction<World, Node, Object> CONSENT_AGAIN = World::consentAgain;
    private static final BiFunction<World, Node, Object> SWEEP =
            (world, node) -> {
                node.useCases().sweepAttempts().handle();
                return "swept";
            };

    // ---- a code is redeemed meanwhile

    static final Scenario CALLBACK_TWICE =
            Scenario.of("a response comes twice", World::register)
                    .with("callback", CALLBACK)
                    .with("callback again", CALLBACK)
                    .faults(2);
    static final Scenario CALLBACK_AND_REVOKE =
            Scenario.of("a redemption and a revocation", World::register, CHANGES, TAKES_AWAY)
                    .with("callback", CALLBACK)
                    .with("revoke", REVOKE)
                    .faults(2);

    // ---- a connection is made meanwhile

    static final Scenario COMPLETE_TWICE =
            Scenario.of("two complete", World::authorize, HAS_GRANT)
                    .with("complete", COMPLETE)
                    .with("complete again", COMPLETE)
                    .faults(2);

    // ---- tokens are refreshed meanwhile

    static final Scenario CALL_TWICE =
            Scenario.of("two need fresh tokens", World::expire, HAS_GRANT)
                    .with("call", CALL)
                    .with("call again", CALL)
                    .faults(1);
    static final Scenario CALL_TWICE_AT_A_FORGIVING_SERVER =
            Scenario.of(
                            "two need fresh tokens of a forgiving server",
                            World::expire,
                            HAS_GRANT,
                            FORGIVING_SERVER)
                    .with("call", CALL)
                    .with("call again", CALL)
                    .faults(1);
    static final Scenario CALL_AND_REVOKE =
            Scenario.of("a refresh and a revocation", World::expire, HAS_GRANT, CHANGES, TAKES_AWAY)
                    .with("call", CALL)
                    .with("revoke", REVOKE)
                    .faults(2);
    static final Scenario CALL_AND_CONSENT_AGAIN =
            Scenario.of("a refresh and a new consent", World::expire, HAS_GRANT, CHANGES)
                    .with("call", CALL)
                    .with("consent", CONSENT_AGAIN)
                    .faults(1);

    private Scenarios() {}

    static List<Scenario> all() {
        return List.of(
                CALLBACK_TWICE,
                Scenario.of("three bring one response", World::register)
                        .with("callback", CALLBACK)
                        .with("callback again", CALLBACK)
                        .with("callback once more", CALLBACK),
                Scenario.of("a redemption and an edit", World::register, CHANGES)
                        .with("callback", CALLBACK)
                        .with("edit", RENAME)
                        .faults(2),
                Scenario.of(
                                "a redemption and an edit of the server",
                                World::register,
                                CHANGES,
                                TAKES_AWAY)
                        .with("callback", CALLBACK)
                        .with("edit", MOVE)
                        .faults(2),
                CALLBACK_AND_REVOKE,
                Scenario.of("a redemption and a removal", World::register, CHANGES, TAKES_AWAY)
                        .with("callback", CALLBACK)
                        .with("remove", REMOVE)
                        .faults(2),
                Scenario.of("a redemption and another consent", World::register, CHANGES)
                        .with("callback", CALLBACK)
                        .with("consent", CONSENT_AGAIN)
                        .faults(1),
                Scenario.of(
                                "a redemption and a sweep by a node an hour ahead",
                                World::register,
                                CHANGES)
                        .with("callback", CALLBACK)
                        .with("sweep", Duration.ofHours(1), SWEEP)
                        .faults(1),
                COMPLETE_TWICE,
                Scenario.of("three complete", World::authorize, HAS_GRANT)
                        .with("complete", COMPLETE)
                        .with("complete again", COMPLETE)
                        .with("complete once more", COMPLETE),
                Scenario.of("complete and an edit", World::authorize, HAS_GRANT, CHANGES)
                        .with("complete", COMPLETE)
                        .with("edit", RENAME)
                        .faults(1),
                Scenario.of(
                                "complete and an edit of the server",
                                World::authorize,
                                HAS_GRANT,
                                CHANGES,
                                TAKES_AWAY)
                        .with("complete", COMPLETE)
                        .with("edit", MOVE)
                        .faults(1),
                Scenario.of(
                                "complete and a revocation",
                                World::authorize,
                                HAS_GRANT,
                                CHANGES,
                                TAKES_AWAY)
                        .with("complete", COMPLETE)
                        .with("revoke", REVOKE)
                        .faults(1),
                Scenario.of(
                                "complete and a removal",
                                World::authorize,
                                HAS_GRANT,
                                CHANGES,
                                TAKES_AWAY)
                        .with("complete", COMPLETE)
                        .with("remove", REMOVE)
                        .faults(1),
                Scenario.of("complete and another consent", World::authorize, HAS_GRANT, CHANGES)
                        .with("complete", COMPLETE)
                        .with("consent", CONSENT_AGAIN)
                        .faults(1),
                CALL_TWICE,
                CALL_TWICE_AT_A_FORGIVING_SERVER,
                Scenario.of("a refresh and one by a node an hour ahead", World::connect, HAS_GRANT)
                        .with("call", CALL)
                        .with("call ahead", Duration.ofHours(1), CALL),
                Scenario.of("a refresh and one by a node an hour behind", World::expire, HAS_GRANT)
                        .with("call", CALL)
                        .with("call behind", Duration.ofHours(-1), CALL),
                Scenario.of("a refresh and an edit", World::expire, HAS_GRANT, CHANGES)
                        .with("call", CALL)
                        .with("edit", RENAME)
                        .faults(1),
                Scenario.of(
                                "a refresh and an edit of the server",
                                World::expire,
                                HAS_GRANT,
                                CHANGES,
                                TAKES_AWAY)
                        .with("call", CALL)
                        .with("edit", MOVE)
                        .faults(1),
                CALL_AND_REVOKE,
                Scenario.of(
                                "a refresh and a removal",
                                World::expire,
                                HAS_GRANT,
                                CHANGES,
                                TAKES_AWAY)
                        .with("call", CALL)
                        .with("remove", REMOVE)
                        .faults(1),
                CALL_AND_CONSENT_AGAIN,
                Scenario.of("a refresh and complete", World::expire, HAS_GRANT)
                        .with("call", CALL)
                        .with(
                                "reconnect",
                                (world, node) ->
                                        node.useCases().reconnectClient().handle(world.client())),
                Scenario.of(
                                "a revocation, a refresh and complete",
                                World::expire,
                                HAS_GRANT,
                                CHANGES,
                                TAKES_AWAY)
                        .with("call", CALL)
                        .with(
                                "reconnect",
                                (world, node) ->
                                        node.useCases().reconnectClient().handle(world.client()))
                        .with("revoke", REVOKE));
    }
}
