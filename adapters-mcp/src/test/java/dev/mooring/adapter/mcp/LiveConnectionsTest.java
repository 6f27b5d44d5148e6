package dev.mooring.adapter.mcp;

import static dev.mooring.adapter.mcp.Talk.budget;
import static dev.mooring.adapter.mcp.Talk.eventually;
import static dev.mooring.adapter.mcp.Talk.over;
import static dev.mooring.adapter.mcp.Talk.overSse;
import static dev.mooring.adapter.mcp.Talk.requests;
import static dev.mooring.adapter.mcp.Talk.target;
import static dev.mooring.adapter.mcp.Talk.text;
import static dev.mooring.party.McpServerParty.Era.HTTP_SSE;
import static dev.mooring.party.McpServerParty.Era.LEGACY;
import static dev.mooring.party.McpServerParty.Era.MODERN;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.application.port.Budget;
import dev.mooring.application.port.McpConnector.CallAnswer;
import dev.mooring.application.port.McpConnector.ConnectAnswer;
import dev.mooring.application.port.McpConnector.Target;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.client.Connection;
import dev.mooring.domain.lifecycle.Problem.Code;
import dev.mooring.domain.oauth.Credential;
import dev.mooring.party.Framing;
import dev.mooring.party.McpServerParty;
import dev.mooring.party.McpServerParty.Era;
import dev.mooring.party.Mischief;
import dev.mooring.party.PartyTool;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;

class LiveConnectionsTest {
    private final Talk talk = new Talk();
    private McpServerParty server = McpServerParty.settings().speaking(LEGACY).start();

    @AfterEach
    void stop() {
        talk.close();
        server.close();
    }

    @ParameterizedTest
    @EnumSource
    void manyCallsAtOnceShareOneConnection(Era era) throws Exception {
        restart(McpServerParty.settings().speaking(era));
        talk.connected(target(connection(era)));
        int before = server.received().size();

        List<CallAnswer> answers =
                atOnce(
                        300,
                        i ->
                                talk.call(
                                        target(connection(era)),
                                        "echo",
                                        "{\"text\":\"%d\"}".formatted(i)));

        for (int i = 0; i < answers.size(); i++) {
            assertThat(answers.get(i)).isEqualTo(text("" + i));
        }
        assertThat(server.received()).hasSize(before + 300);
        assertThat(server.violations()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void whoComesAtOnceWaitsForOneHandshake(Era era) throws Exception {
        restart(McpServerParty.settings().speaking(era));

        List<CallAnswer> answers =
                atOnce(50, i -> talk.call(target(connection(era)), "echo", "{\"text\":\"a\"}"));

        assertThat(answers).containsOnly(text("a"));
        assertThat(server.received("initialize").size() + server.received("server/discover").size())
                .isEqualTo(era == LEGACY ? 2 : 1);
    }

    @Test
    void whoComesAtOnceSharesTheRefusalToo() throws Exception {
        CountDownLatch gate = new CountDownLatch(1);
        server.misbehave(
                "server/discover",
                (request, honest) -> {
                    Mischief.waitingFor(gate).answer(request, honest);
                    return Mischief.failing(403).answer(request, honest);
                });
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<ConnectAnswer>> answers = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                answers.add(threads.submit(() -> talk.connect(target(over(server)))));
            }
            eventually(() -> !server.received().isEmpty());
            gate.countDown();
            for (Future<ConnectAnswer> answer : answers) {
                assertThat(answer.get()).isInstanceOf(ConnectAnswer.Challenged.class);
            }
        }
        assertThat(server.received().size()).isLessThan(20);
    }

    @Test
    void afterARefusalTheNextAttemptBeginsAnew() {
        server.misbehaveOnce("server/discover", Mischief.failing(403));
        assertThat(talk.connect(target(over(server)))).isInstanceOf(ConnectAnswer.Challenged.class);

        talk.connected(target(over(server)));
    }

    @Test
    void otherSettingsMakeAnotherConnectionAndTheFormerIsLeft() throws Exception {
        talk.connected(target(over(server)));
        talk.connected(target(Talk.with(over(server), Map.of("X-Other", "1"))));

        eventually(() -> server.openSessions() == 1);
        assertThat(server.sessionsOpened()).isEqualTo(2);
    }

    @Test
    void aFormerConnectionIsLeftOnlyWhenItsLastCallIsThrough() throws Exception {
        CountDownLatch gate = new CountDownLatch(1);
        talk.connected(target(over(server)));
        server.misbehaveOnce("tools/call", Mischief.waitingFor(gate));
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<CallAnswer> slow =
                    threads.submit(
                            () -> talk.call(target(over(server)), "echo", "{\"text\":\"a\"}"));
            eventually(() -> !server.received("tools/call").isEmpty());
            talk.connected(target(Talk.with(over(server), Map.of("X-Other", "1"))));
            assertThat(server.openSessions()).isEqualTo(2);

            gate.countDown();
            assertThat(slow.get()).isEqualTo(text("a"));
        }
        eventually(() -> server.openSessions() == 1);
    }

    @Test
    void disconnectingLeavesAtOnceWhoeverUsesTheConnection() throws Exception {
        CountDownLatch gate = new CountDownLatch(1);
        talk.connected(target(over(server)));
        server.misbehaveOnce("tools/call", Mischief.waitingFor(gate));
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<CallAnswer> slow =
                    threads.submit(
                            () -> talk.call(target(over(server)), "echo", "{\"text\":\"a\"}"));
            eventually(() -> !server.received("tools/call").isEmpty());

            talk.connector.disconnect(target(over(server)).client());
            eventually(() -> server.openSessions() == 0);
            gate.countDown();
            slow.get();
        }
    }

    @Test
    void disconnectingWhoIsNotConnectedIsNothing() {
        talk.connector.disconnect(new ClientId("nobody"));
        assertThat(server.received()).isEmpty();
    }

    @Test
    void aGoodByeThatFailsIsOfNoInterest() throws Exception {
        talk.connected(target(over(server)));
        server.misbehave("DELETE", Mischief.failing(405));
        talk.connector.disconnect(target(over(server)).client());
        talk.connected(target(over(server)));
        server.misbehave("DELETE", Mischief.droppingTheRequest());

        talk.connector.close();

        // Nobody waits for the first one.
        eventually(() -> server.received("DELETE").size() == 2);
    }

    @Test
    void closingDoesNotWaitForServersThatDoNotListen() {
        CountDownLatch gate = new CountDownLatch(1);
        talk.connected(target(over(server)));
        server.misbehave("DELETE", Mischief.waitingFor(gate));
        long start = System.nanoTime();

        talk.connector.close();

        // A good-bye takes two seconds at most; any other request may be silent for ten.
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(9));
        gate.countDown();
        assertThatThrownBy(() -> talk.connect(target(over(server))))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void anIdleConnectionIsLeftAfterSomeMinutes() throws Exception {
        try (LiveConnections connections = new LiveConnections(talk.now::get, 8)) {
            assertThat(list(connections, "a")).isEqualTo(3);
            talk.now.set(Talk.NOW.plus(Duration.ofMinutes(4)));
            connections.leaveIdle();
            assertThat(connections.size()).isOne();
            assertThat(list(connections, "a")).isEqualTo(3);
            talk.now.set(Talk.NOW.plus(Duration.ofMinutes(8)));
            connections.leaveIdle();
            assertThat(server.sessionsOpened()).isOne();
            assertThat(connections.size()).isOne();

            talk.now.set(Talk.NOW.plus(Duration.ofMinutes(10)));
            connections.leaveIdle();
            assertThat(connections.size()).isZero();
            eventually(() -> server.openSessions() == 0);
        }
    }

    @Test
    void tooManyConnectionsMakeRoomByTheLongestUnused() {
        restart(McpServerParty.settings().speaking(MODERN).tools(PartyTool.echo()));
        try (LiveConnections connections = new LiveConnections(talk.now::get, 8)) {
            for (int i = 0; i < 512; i++) {
                list(connections, "c" + i);
            }
            list(connections, "c0");
            list(connections, "one-more");
            assertThat(connections.size()).isEqualTo(512);

            int before = server.received("server/discover").size();
            list(connections, "c0");
            assertThat(server.received("server/discover")).hasSize(before);
            list(connections, "c1");
            assertThat(server.received("server/discover")).hasSize(before + 1);
        }
    }

    @Test
    void streamsToOneServerMakeRoomByTheLongestUnused() throws Exception {
        restart(McpServerParty.settings().speaking(HTTP_SSE));

        for (int i = 0; i < 12; i++) {
            talk.connected(streaming("c" + i));
        }

        // Of the eight streams that there may be, the newest are still open.
        eventually(() -> server.openStreams() == 8);
        assertThat(server.received("GET")).hasSize(12);
        assertThat(talk.call(streaming("c11"), "echo", "{\"text\":\"a\"}")).isEqualTo(text("a"));
        assertThat(server.received("GET")).hasSize(12);
        assertThat(talk.call(streaming("c0"), "echo", "{\"text\":\"a\"}")).isEqualTo(text("a"));
        assertThat(server.received("GET")).hasSize(13);
    }

    @Test
    void aStreamInUseStaysWhileAnotherIsUnused() throws Exception {
        restart(McpServerParty.settings().speaking(HTTP_SSE));
        talk.connected(streaming("busy"));
        for (int i = 1; i < 8; i++) {
            talk.connected(streaming("c" + i));
        }
        CountDownLatch gate = new CountDownLatch(1);
        server.misbehaveOnce("tools/call", Mischief.waitingFor(gate));
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<CallAnswer> slow =
                    threads.submit(() -> talk.call(streaming("busy"), "echo", "{\"text\":\"a\"}"));
            eventually(() -> !server.received("tools/call").isEmpty());
            // Used since, but not in use any more.
            for (int i = 1; i < 8; i++) {
                talk.connected(streaming("c" + i));
            }

            talk.connected(streaming("one-more"));
            gate.countDown();
            assertThat(slow.get()).isEqualTo(text("a"));
        }
        assertThat(talk.call(streaming("busy"), "echo", "{\"text\":\"b\"}")).isEqualTo(text("b"));
        assertThat(server.received("GET")).hasSize(9);
    }

    @Test
    void aClientThatAsksTooMuchAtOnceWaitsAndOthersDoNot() throws Exception {
        restart(McpServerParty.settings().speaking(MODERN));
        CountDownLatch gate = new CountDownLatch(1);
        CountDownLatch busy = new CountDownLatch(LiveConnections.MOST_AT_ONCE);
        try (LiveConnections connections = new LiveConnections(talk.now::get, 8);
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < LiveConnections.MOST_AT_ONCE; i++) {
                var _ =
                        threads.submit(() ->
                                work(
                                        connections,
                                        "greedy",
                                        budget(),
                                        live -> {
                                            busy.countDown();
                                            await(gate);
                                            return Outcome.success(0);
                                        }));
            }
            eventually(() -> busy.getCount() == 0);

            Budget little = Budget.of(Duration.ofMillis(50));
            assertThat(work(connections, "greedy", little, live -> Outcome.success(1)))
                    .isInstanceOfSatisfying(
                            Outcome.Refused.class,
                            refused ->
                                    assertThat(refused.refusal().problem("localhost").code())
                                            .isEqualTo(Code.SERVER_TOO_SLOW));
            assertThat(list(connections, "modest")).isEqualTo(3);

            gate.countDown();
            assertThat(list(connections, "greedy")).isEqualTo(3);
        }
    }

    @Test
    void anExceptionWhileOpeningDoesNotBlockTheNext() {
        try (LiveConnections connections = new LiveConnections(talk.now::get, 8)) {
            Endpoint endpoint =
                    new Endpoint(talk.http, talk.proofs, over(server), new Credential.None());
            assertThatThrownBy(() ->
                            connections.with(
                                    new ClientId("a"),
                                    endpoint,
                                    budget(),
                                    () -> {
                                        throw new IllegalStateException("broken");
                                    },
                                    live -> Outcome.success(1)))
                    .hasMessage("broken");
            assertThat(list(connections, "a")).isEqualTo(3);
        }
    }

    @ParameterizedTest
    @EnumSource
    void connectionsLeaveNoThreadsAndNoSocketsBehind(Era era) throws Exception {
        restart(
                McpServerParty.settings()
                        .speaking(era)
                        .framing(era == HTTP_SSE ? Framing.JSON : Framing.SSE));
        connectAndLeave(era);
        int threads = Thread.getAllStackTraces().size();

        // The client has eight connections to a host: whoever kept one would stop this soon.
        for (int i = 0; i < 60; i++) {
            connectAndLeave(era);
        }

        assertThat(Thread.getAllStackTraces().size()).isLessThan(threads + 20);
        eventually(() -> server.openStreams() == 0 && server.openSessions() == 0);
        assertThat(requests(server)).hasSizeGreaterThan(120);
    }

    private void connectAndLeave(Era era) {
        talk.connected(target(connection(era)));
        talk.call(target(connection(era)), "echo", "{\"text\":\"a\"}");
        talk.connector.disconnect(target(connection(era)).client());
    }

    private Target streaming(String client) {
        return new Target(new ClientId(client), overSse(server), new Credential.None());
    }

    private static void await(CountDownLatch gate) {
        try {
            gate.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private <T> Outcome<T> work(
            LiveConnections connections,
            String client,
            Budget budget,
            Function<LiveConnection, Outcome<T>> work) {
        Endpoint endpoint =
                new Endpoint(talk.http, talk.proofs, over(server), new Credential.None());
        EraDetection eras = new EraDetection(new ClientInfo("Mooring", "1.0"), talk.now::get);
        return connections.with(
                new ClientId(client), endpoint, budget, () -> eras.open(endpoint, budget()), work);
    }

    private int list(LiveConnections connections, String client) {
        Outcome<Integer> tools =
                work(
                        connections,
                        client,
                        budget(),
                        live -> live.listTools(budget()).map(List::size));
        assertThat(tools).isInstanceOf(Outcome.Success.class);
        return ((Outcome.Success<Integer>) tools).value();
    }

    private Connection connection(Era era) {
        return era == HTTP_SSE ? overSse(server) : over(server);
    }

    private interface Indexed<T> {
        T run(int index) throws Exception;
    }

    private static <T> List<T> atOnce(int times, Indexed<T> work) throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Callable<T>> all = new ArrayList<>();
            for (int i = 0; i < times; i++) {
                int index = i;
                all.add(() -> work.run(index));
            }
            List<T> results = new ArrayList<>();
            for (Future<T> each : threads.invokeAll(all)) {
                results.add(each.get());
            }
            return results;
        }
    }

    private void restart(McpServerParty.Settings settings) {
        server.close();
        server = settings.start();
    }
}
