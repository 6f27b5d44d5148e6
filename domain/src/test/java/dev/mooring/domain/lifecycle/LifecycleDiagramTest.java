package dev.mooring.domain.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.domain.client.ClientSettings;
import dev.mooring.domain.lifecycle.AuthorizationAttempt.Ended;
import dev.mooring.domain.lifecycle.AuthorizationAttempt.Started;
import dev.mooring.domain.lifecycle.AuthorizationAttempt.Verdict;
import dev.mooring.domain.mcp.Inventory;
import dev.mooring.domain.oauth.AuthorizationCode;
import dev.mooring.domain.oauth.AuthorizationResponse;
import dev.mooring.domain.oauth.OAuthError;
import dev.mooring.domain.oauth.State;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The diagrams of {@code docs/lifecycle.md} show the transitions that the code has, no more and no
 * fewer. Every method of a state that returns a state is called and its result noted, so a new
 * transition fails here until it is drawn.
 */
class LifecycleDiagramTest {
    private static final Pattern ARROW = Pattern.compile("(\\w+) --> (\\w+): (.*)");

    /** An argument for each parameter that a transition can have. */
    private static final Map<Class<?>, Object> ARGUMENTS =
            Map.of(
                    ClientSettings.class, Lives.oauthSettings(),
                    GrantId.class, new GrantId("grant_next"),
                    ReauthorizationCause.class, Lives.CAUSE,
                    Instant.class, Lives.LATER,
                    Inventory.class, Lives.INVENTORY,
                    Problem.class, Lives.PROBLEM,
                    RunId.class, Lives.RUN,
                    AuthorizationCode.class, Lives.CODE,
                    AttemptFailure.class, Lives.REASON);

    /** From one state to another, by the names of their types. */
    private record Arrow(String from, String to) {
        static Arrow of(Object from, Object to) {
            return new Arrow(from.getClass().getSimpleName(), to.getClass().getSimpleName());
        }
    }

    @Test
    void theClientsDiagramIsTheCode() {
        List<McpClient> states =
                List.of(
                        Lives.pending(),
                        Lives.authorized(),
                        Lives.connected(),
                        Lives.disconnected(),
                        Lives.needsReauthorization(Lives.CAUSE));
        Set<Arrow> drawn = arrows("MCP client");
        assertThat(withoutLoops(drawn))
                .isEqualTo(withoutLoops(transitions(McpClient.class, states)));
        assertThat(transitions(McpClient.class, states)).containsAll(drawn);
    }

    @Test
    void theArrowsOfTheClientAreNamedAfterItsMethods() {
        Set<String> methods =
                Arrays.stream(McpClient.Connectable.class.getMethods())
                        .map(Method::getName)
                        .collect(Collectors.toSet());
        labels("MCP client").forEach(label -> assertThat(methods).contains(label.split(", ", -1)));
    }

    @Test
    void anyStateIsDisabledAndEnabledAsItWas() {
        Stream.of(
                        Lives.pending(),
                        Lives.authorized(),
                        Lives.connected(),
                        Lives.disconnected(),
                        Lives.needsReauthorization(Lives.CAUSE))
                .map(McpClient.Enabled.class::cast)
                .forEach(client -> assertThat(client.disable().enable()).isEqualTo(client));
    }

    @Test
    void theAttemptsDiagramIsTheCode() {
        Set<Arrow> code =
                new HashSet<>(
                        transitions(
                                AuthorizationAttempt.class,
                                List.of(
                                        Lives.started(),
                                        Lives.redeeming(),
                                        Lives.redeeming().loseAnswer(Lives.LATER))));
        code.addAll(verdicts());
        // The store alone makes this one, for a run that was given up and comes back with tokens.
        code.add(new Arrow("Unknown", "Succeeded"));
        assertThat(arrows("authorization attempt")).isEqualTo(code);
    }

    @Test
    void anEndedAttemptHasNoWayOnUnlessNobodyKnowsHowItEnded() {
        for (Class<?> ended : Ended.class.getPermittedSubclasses()) {
            boolean known = !ended.equals(AuthorizationAttempt.Unknown.class);
            assertThat(transitionMethods(AuthorizationAttempt.class, ended).isEmpty())
                    .as("%s is final", ended)
                    .isEqualTo(known);
        }
    }

    /** What the code does: each transition of each state, called. */
    private static <S> Set<Arrow> transitions(Class<S> life, List<? extends S> states) {
        Set<Arrow> found = new HashSet<>();
        for (S state : states) {
            for (Method method : transitionMethods(life, state.getClass())) {
                Object[] arguments =
                        Arrays.stream(method.getParameterTypes()).map(ARGUMENTS::get).toArray();
                assertThat(arguments).as("arguments of %s", method).doesNotContainNull();
                try {
                    found.add(Arrow.of(state, method.invoke(state, arguments)));
                } catch (ReflectiveOperationException e) {
                    throw new LinkageError("A transition is public: " + method, e);
                }
            }
        }
        // Any state can be disabled; drawing that would hide the rest.
        found.removeIf(arrow -> arrow.to().equals("Disabled"));
        return found;
    }

    private static List<Method> transitionMethods(Class<?> life, Class<?> state) {
        return Arrays.stream(state.getMethods())
                .filter(method -> life.isAssignableFrom(method.getReturnType()))
                .filter(method -> !Modifier.isStatic(method.getModifiers()) && !method.isBridge())
                .toList();
    }

    private static Set<Arrow> verdicts() {
        Started started = Lives.started();
        State state = new State("any");
        Optional<String> iss = Optional.of(Lives.ISSUER.value());
        return Stream.of(
                        started.verify(
                                new AuthorizationResponse.Denied(
                                        state, OAuthError.ACCESS_DENIED, iss),
                                List.of(),
                                Lives.NOW),
                        started.verify(
                                new AuthorizationResponse.Denied(
                                        state, OAuthError.ACCESS_DENIED, iss),
                                List.of(),
                                Instant.MAX))
                .map(verdict ->
                        switch (verdict) {
                            case Verdict.Refused refused -> Arrow.of(started, refused.attempt());
                            case Verdict.TooLate late -> Arrow.of(started, late.attempt());
                            case Verdict.WrongBrowser wrong ->
                                    throw new AssertionError("It is for anyone");
                            case Verdict.Redeemable redeemable ->
                                    throw new AssertionError("Nothing to redeem");
                        })
                .collect(Collectors.toSet());
    }

    private static Set<Arrow> withoutLoops(Set<Arrow> arrows) {
        return arrows.stream()
                .filter(arrow -> !arrow.from().equals(arrow.to()))
                .collect(Collectors.toSet());
    }

    private static Set<Arrow> arrows(String title) {
        return diagram(title)
                .map(arrow -> new Arrow(arrow.group(1), arrow.group(2)))
                .collect(Collectors.toSet());
    }

    private static List<String> labels(String title) {
        return diagram(title).map(arrow -> arrow.group(3)).toList();
    }

    private static Stream<MatchResult> diagram(String title) {
        String section =
                Arrays.stream(document().split("\n## ", -1))
                        .filter(each -> each.startsWith("The " + title))
                        .findFirst()
                        .orElseThrow();
        return ARROW.matcher(section.split("```", -1)[1]).results();
    }

    private static String document() {
        Path folder = Path.of("").toAbsolutePath();
        while (!Files.exists(folder.resolve("docs/lifecycle.md"))) {
            folder = Optional.ofNullable(folder.getParent()).orElseThrow();
        }
        try {
            return Files.readString(folder.resolve("docs/lifecycle.md"));
        } catch (IOException e) {
            throw new AssertionError("The document cannot be read", e);
        }
    }
}
