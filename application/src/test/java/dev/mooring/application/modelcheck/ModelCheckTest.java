package dev.mooring.application.modelcheck;

import static dev.mooring.application.modelcheck.Scenario.Trait.CHANGES;
import static dev.mooring.application.modelcheck.Scenario.Trait.HAS_GRANT;
import static dev.mooring.application.modelcheck.Scenario.Trait.TAKES_AWAY;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

import java.util.List;
import java.util.function.BiFunction;
import java.util.stream.Stream;

/** Whatever the order of the steps, and whatever breaks between them, the rules hold. */
class ModelCheckTest {
    private static final System.Logger LOGGER = System.getLogger(ModelCheckTest.class.getName());

    private static final BiFunction<World, Node, Object> CALLBACK =
            (world, node) ->
                    node.useCases().handleAuthorizationResponse().handle(world.granted());
    private static final BiFunction<World, Node, Object> COMPLETE =
            (world, node) -> node.useCases().completeAuthorization().handle(world.client());
    private static final BiFunction<World, Node, Object> CALL =
            (world, node) -> node.useCases().executeTool().handle("files-echo", "{}");
    private static final BiFunction<World, Node, Object> RENAME =
            (world, node) -> world.edit(node, settings -> settings.name("documents"));
    private static final BiFunction<World, Node, Object> MOVE =
            (world, node) ->
                    world.edit(node, settings -> settings.server("https://mcp.example/elsewhere"));
    private static final BiFunction<World, Node, Object> REVOKE =
            (world, node) -> node.useCases().revokeGrant().handle(world.link().config());
    private static final BiFunction<World, Node, Object> REMOVE =
            (world, node) -> node.useCases().removeClient().handle(world.client());
    private static final BiFunction<World, Node, Object> CONSENT_AGAIN = World::consentAgain;

    private static final List<Scenario> SCENARIOS =
            List.of(
                    Scenario.of("callback, twice", World::register)
                            .with("callback", CALLBACK)
                            .with("callback again", CALLBACK)
                            .faults(1),
                    Scenario.of("callback and a harmless edit", World::register, CHANGES)
                            .with("callback", CALLBACK)
                            .with("edit", RENAME)
                            .faults(1),
                    Scenario.of("callback and revoke", World::register, CHANGES, TAKES_AWAY)
                            .with("callback", CALLBACK)
                            .with("revoke", REVOKE)
                            .faults(1),
                    Scenario.of("callback and remove", World::register, CHANGES, TAKES_AWAY)
                            .with("callback", CALLBACK)
                            .with("remove", REMOVE)
                            .faults(1),
                    Scenario.of("callback and an edit of the server", World::register, CHANGES, TAKES_AWAY)
                            .with("callback", CALLBACK)
                            .with("edit", MOVE)
                            .faults(1),
                    Scenario.of("callback and a second consent", World::register, CHANGES)
                            .with("callback", CALLBACK)
                            .with("consent", CONSENT_AGAIN)
                            .faults(1),
                    Scenario.of("complete, twice", World::authorize, HAS_GRANT)
                            .with("complete", COMPLETE)
                            .with("complete again", COMPLETE)
                            .faults(1),
                    Scenario.of("call, twice", World::expire, HAS_GRANT)
                            .with("call", CALL)
                            .with("call again", CALL)
                            .faults(1),
                    Scenario.of("call and revoke", World::expire, HAS_GRANT, CHANGES, TAKES_AWAY)
                            .with("call", CALL)
                            .with("revoke", REVOKE)
                            .faults(1),
                    Scenario.of("call and remove", World::expire, HAS_GRANT, CHANGES, TAKES_AWAY)
                            .with("call", CALL)
                            .with("remove", REMOVE)
                            .faults(1));

    @TestFactory
    Stream<DynamicTest> theRulesHoldIn() {
        return SCENARIOS.stream()
                .map(scenario ->
                        DynamicTest.dynamicTest(
                                scenario.name(),
                                () -> {
                                    Checker.Report report = Checker.check(scenario);
                                    LOGGER.log(System.Logger.Level.INFO, report.toString());
                                    assertThat(report.schedules()).isPositive();
                                }));
    }
}
