package dev.mooring.adapter.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.application.ConsentLink;
import dev.mooring.application.port.McpConnector.ConnectAnswer;
import dev.mooring.domain.access.Role;
import dev.mooring.domain.lifecycle.Problem;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

abstract class ConnectionOperations extends Operations {
    private static final String CONNECTED =
            "{\"status\":\"success\","
                    + "\"message\":\"MCP client connected successfully with OAuth\"}";

    @Test
    void consentedClientIsCompletedByEitherOfItsIds() {
        ConsentLink one = api.mooring.register("one");
        ConsentLink two = api.mooring.register("two");
        api.mooring.consent(one);
        api.mooring.consent(two);

        assertThat(complete(one.client()).hasStatus(200).text()).isEqualTo(CONNECTED);
        assertThat(complete(two.config()).hasStatus(200).text()).isEqualTo(CONNECTED);
    }

    @Test
    void repeatIsTheSameSuccessWithoutASecondConnection() {
        ConsentLink link = api.mooring.register("github");
        api.mooring.consent(link);
        complete(link.client()).hasStatus(200);
        int connections = api.mooring.connector().connects().count();

        assertThat(complete(link.client()).text()).isEqualTo(CONNECTED);
        assertThat(api.mooring.connector().connects().count()).isEqualTo(connections);
    }

    @Test
    void manyEqualCallsMakeOneConnectionAndGetOneAnswer() throws Exception {
        ConsentLink link = api.mooring.register("github");
        api.mooring.consent(link);
        try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<ApiReply>> replies =
                    IntStream.range(0, 32)
                            .mapToObj(i -> callers.submit(() -> complete(link.client())))
                            .toList();
            for (Future<ApiReply> reply : replies) {
                assertThat(reply.get().text()).isEqualTo(CONNECTED);
            }
        }
        assertThat(api.mooring.connector().connects().count()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{}", "not json", "<xml/>"})
    void bodyAndItsTypeDoNotMatter(String body) {
        ConsentLink link = api.mooring.register("github");
        api.mooring.consent(link);

        api.post("/api/mcp/client/" + link.client() + "/complete-oauth")
                .json(body)
                .header("Content-Type", "text/plain")
                .send()
                .hasStatus(200);
    }

    @Test
    void notAuthorizedYetSaysHowItStands() {
        ConsentLink link = api.mooring.register("github");

        ApiReply reply = complete(link.client()).failsWith(400, "oauth_not_authorized");

        assertThat(reply.text("/error/message"))
                .isEqualTo("OAuth not authorized yet, current status: pending");
    }

    @Test
    void disabledClientIsNotCompleted() {
        ConsentLink link = api.mooring.register("github");
        api.mooring.consent(link);
        api.put("/api/mcp/client/" + link.client()).json("{\"disabled\":true}").send();

        complete(link.client()).failsWith(400, "client_disabled");
    }

    @ParameterizedTest
    @ValueSource(strings = {"mcp_0", "oauth_0", "%20", "a%2Fb"})
    void unknownClientIsNotCompleted(String id) {
        ApiReply reply = complete(id).hasStatus(404);

        assertThat(reply.text()).contains("\"status_code\":404");
    }

    @Test
    void clientWithoutOAuthHasNothingToComplete() {
        String id = register(OPEN);

        ApiReply reply = complete(id).failsWith(404, "oauth_config_not_found");

        assertThat(reply.text("/error/message")).isEqualTo("OAuth config not found");
    }

    @ParameterizedTest
    @EnumSource(Problem.Code.class)
    void failureIs500WithItsCodeAndTheNextCallTriesAgain(Problem.Code code) {
        ConsentLink link = api.mooring.register("github");
        api.mooring.consent(link);
        api.mooring.connector().connects().next(new ConnectAnswer.Failed(new Problem(code, "no")));

        complete(link.client()).failsWith(500, word(code));
        complete(link.client()).hasStatus(200);
    }

    @Test
    void reauthorizingMakesALinkWhileTheOldGrantServes() {
        ConsentLink link = api.mooring.connect("github");

        ApiReply again = reauthorize(link.client()).hasStatus(200);

        assertThat(again.text("/status")).isEqualTo("pending_oauth");
        assertThat(again.text("/flow_id")).isNotEqualTo(link.flow().value());
        assertThat(api.get("/api/mcp/client/" + link.client()).send().text("/state"))
                .isEqualTo("connected");
        assertThat(reauthorize(link.client()).text("/flow_id")).isEqualTo(again.text("/flow_id"));
    }

    @Test
    void clientWithoutOAuthCannotBeReauthorized() {
        reauthorize(register(OPEN)).failsWith(400, "not_an_oauth_client");
        reauthorize("mcp_0").failsWith(404, "client_not_found");
    }

    @ParameterizedTest
    @EnumSource(
            value = Problem.Code.class,
            names = {
                "METADATA_INVALID",
                "AUTHORIZATION_SERVER_BROKEN",
                "AUTHORIZATION_SERVER_TOO_SLOW",
                "CHANGED_MEANWHILE"
            })
    void reauthorizingThatFailsHasTheStatusOfItsBlame(Problem.Code code) {
        ConsentLink link = api.mooring.connect("github");
        api.mooring
                .connector()
                .probes()
                .next(new ConnectAnswer.Failed(new Problem(code, "as.example is not well")));

        int status =
                switch (code.blame()) {
                    case REFUSED -> 422;
                    case BROKEN -> 502;
                    case SLOW -> 504;
                    case NOBODY -> 409;
                };
        reauthorize(link.client()).failsWith(status, word(code));
    }

    @ParameterizedTest
    @ValueSource(strings = {"reconnect", "refresh-tools"})
    void toolsAreListedAnew(String verb) {
        String id = register(OPEN);

        ApiReply reply = post(id, verb).hasStatus(200);

        assertThat(reply.json().get("tool_count").asInt()).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"reconnect", "refresh-tools"})
    void clientThatCannotConnectSaysItsState(String verb) {
        String id = api.mooring.register("github").client().value();

        ApiReply reply = post(id, verb).failsWith(400, "not_connectable");

        assertThat(reply.text("/error/message")).endsWith("pending_oauth");
        post("mcp_0", verb).failsWith(404, "client_not_found");
        post("oauth_0", verb).failsWith(404, "client_not_found");
    }

    @ParameterizedTest
    @EnumSource(Problem.Code.class)
    void connectingThatFailsIsABadOrSlowGateway(Problem.Code code) {
        String id = register(OPEN);
        for (String verb : List.of("reconnect", "refresh-tools")) {
            api.mooring
                    .connector()
                    .connects()
                    .next(new ConnectAnswer.Failed(new Problem(code, "mcp.example is not well")));

            int status =
                    switch (code.blame()) {
                        case REFUSED, BROKEN -> 502;
                        case SLOW -> 504;
                        case NOBODY -> 409;
                    };
            post(id, verb).failsWith(status, word(code));
        }
    }

    private static String word(Problem.Code code) {
        return code.name().toLowerCase(Locale.ROOT);
    }

    private ApiReply complete(Object id) {
        return post(id, "complete-oauth");
    }

    private ApiReply reauthorize(Object id) {
        return post(id, "reauthorize");
    }

    private ApiReply post(Object id, String verb) {
        return api.call("POST", "/api/mcp/client/" + id + "/" + verb).as(Role.OPERATOR).send();
    }
}
