package dev.mooring.adapter.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.application.ConsentLink;
import dev.mooring.application.ReauthorizeClient;
import dev.mooring.application.fixture.SeededRandom;
import dev.mooring.application.port.McpConnector.CallAnswer;
import dev.mooring.application.port.ScriptedTokenEndpoint;
import dev.mooring.application.port.TokenEndpoint;
import dev.mooring.domain.lifecycle.BrowserSecret;
import dev.mooring.domain.lifecycle.LinkFor;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.oauth.OAuthError;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

abstract class ToolOperations extends Operations {
    @Test
    void refusedClientCredentialsAreTheOperatorsAffairUntilTheyAreEnteredAnew() {
        ApiReply first =
                api.post("/api/mcp/client")
                        .json(
                                """
                                {"name":"github","connection_type":"http",
                                 "connection_string":"https://mcp.example/mcp",
                                 "oauth_config":{"client_id":"given","client_secret":"old"}}\
                                """)
                        .send();
        String client = "/api/mcp/client/" + first.text("/mcp_client_id");
        api.mooring
                .useCases()
                .handleAuthorizationResponse()
                .handle(api.mooring.granted(first.text("/authorize_url")));
        api.post(client + "/complete-oauth").send().hasStatus(200);
        api.mooring.clock().advance(ScriptedTokenEndpoint.TOKEN_LIFETIME);
        api.mooring
                .tokenEndpoint()
                .refreshes()
                .next(new TokenEndpoint.Answer.Refused(OAuthError.INVALID_CLIENT));

        String call = "{\"function\":{\"name\":\"github-echo\"}}";
        execute(call).failsWith(502, "client_credentials_refused");
        execute(call).failsWith(502, "client_credentials_refused");
        assertThat(api.mooring.tokenEndpoint().refreshes().count()).isEqualTo(1);

        api.put(client)
                .json("{\"oauth_config\":{\"client_secret\":\"new\"}}")
                .send()
                .hasStatus(200);
        execute(call).hasStatus(200);
    }

    @Test
    void toolIsExecutedAndItsTextReturned() {
        api.mooring.connect("github");

        ApiReply reply =
                execute(
                                """
                                {"id":"call_1","type":"function",
                                 "function":{"name":"github-echo","arguments":"{\\"a\\":1}"}}\
                                """)
                        .hasStatus(200);

        assertThat(reply.text())
                .isEqualTo(
                        "{\"role\":\"tool\",\"tool_call_id\":\"call_1\",\"name\":\"github-echo\","
                                + "\"content\":\"echo\",\"is_error\":false}");
        assertThat(api.mooring.connector().calls().last().tool().arguments())
                .isEqualTo("{\"a\":1}");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    [{"type":"text","text":"a"},{"type":"text","text":"b"}] | `a\nb`
                    []                                                       | ``
                    [{"type":"image","data":"x"}]                            | [{"type":"image","data":"x"}]
                    {"answer":42}                                            | {"answer":42}
                    not json                                                 | not json
                    """)
    void contentThatIsOnlyTextIsText(String content, String expected) {
        api.mooring.connect("github");
        api.mooring.connector().calls().next(new CallAnswer.Returned(content, true));

        ApiReply reply = execute("{\"function\":{\"name\":\"github-echo\"}}").hasStatus(200);

        assertThat(reply.text("/content")).isEqualTo(expected.replace("\\n", "\n"));
        assertThat(reply.json().get("is_error").asBoolean()).isTrue();
        assertThat(api.mooring.connector().calls().last().tool().arguments()).isEqualTo("{}");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    {}                                                       | missing_field | function
                    {"function":{}}                                          | missing_field | function.name
                    {"type":"retrieval","function":{"name":"github-echo"}}   | invalid_field | type
                    {"function":{"name":"github-echo","arguments":"[]"}}     | invalid_field | function.arguments
                    {"function":{"name":"github-echo","arguments":"{"}}      | invalid_field | function.arguments
                    {"function":{"name":"github-echo","arguments":{}}}       | invalid_field | function.arguments
                    {"function":{"name":"github-echo","strict":true}}        | unknown_field | function.strict
                    """)
    void badFieldIsNamed(String body, String code, String param) {
        execute(body).failsWith(400, code).blames(param);
    }

    @Test
    void otherFormatIsRefused() {
        api.post("/v1/mcp/tool/execute?format=responses")
                .json("{\"function\":{\"name\":\"github-echo\"}}")
                .send()
                .failsWith(400, "invalid_parameter")
                .blames("format");
        api.mooring.connect("github");
        api.post("/v1/mcp/tool/execute?format=chat")
                .json("{\"function\":{\"name\":\"github-echo\"}}")
                .send()
                .hasStatus(200);
    }

    @Test
    void unknownClientAndToolAreNotFound() {
        api.mooring.connect("github");

        executeTool("gitlab-echo").failsWith(404, "client_not_found").blames("function.name");
        executeTool("github-fly").failsWith(404, "tool_not_found").blames("function.name");
        executeTool("github").failsWith(404, "client_not_found");
        executeTool("1x-echo").failsWith(404, "client_not_found");
    }

    @Test
    void toolThatTheOperatorDoesNotPermitIsRefused() {
        ConsentLink link = api.mooring.connect("github");
        api.put("/api/mcp/client/" + link.client()).json("{\"tools_to_execute\":[\"add\"]}").send();

        executeTool("github-echo").failsWith(400, "tool_not_permitted");
        executeTool("github-add").hasStatus(200);
    }

    @Test
    void callThatTheServerRefusesIsRefusedWithoutItsWords() {
        api.mooring.connect("github");
        api.mooring.connector().calls().next(new CallAnswer.Rejected(-32602, "call 0900 now"));

        ApiReply reply = executeTool("github-echo").failsWith(400, "tool_call_rejected");

        assertThat(reply.text()).doesNotContain("0900");
    }

    @Test
    void clientThatWasNeverCompletedSaysSo() {
        api.mooring.consent(api.mooring.register("github"));

        executeTool("github-echo").failsWith(400, "connection_not_completed");
    }

    @Test
    void clientThatNeedsConsentGivesTheLink() {
        ConsentLink link = api.mooring.register("github");

        ApiReply reply = executeTool("github-echo").failsWith(403, "authorization_required");

        String at = "/extra_fields/mcp_auth_required/";
        assertThat(reply.text(at + "mcp_client_id")).isEqualTo(link.client().value());
        assertThat(reply.text(at + "flow_id")).isEqualTo(link.flow().value());
        assertThat(reply.text(at + "link_for")).isEqualTo("anyone");
        assertThat(reply.text(at + "authorize_url")).isEqualTo(link.authorizeUrl().value());
        assertThat(reply.json().at(at + "scopes")).hasSize(2);
    }

    /** In another browser it would end in vain, after the person has consented. */
    @Test
    void linkThatIsForOneBrowserIsNotHandedToAnAgent() {
        ConsentLink link = api.mooring.register("github");
        LinkFor browser =
                new LinkFor.OneBrowser(BrowserSecret.random(new SeededRandom(1)).digest());
        ReauthorizeClient.Outcome asked =
                api.mooring.useCases().reauthorizeClient().handle(link.client(), browser);
        ConsentLink theirs = ((ReauthorizeClient.Outcome.ConsentNeeded) asked).link();

        ApiReply reply = executeTool("github-echo").failsWith(403, "authorization_required");

        String at = "/extra_fields/mcp_auth_required/";
        assertThat(reply.text(at + "link_for")).isEqualTo("this_browser");
        assertThat(reply.text(at + "flow_id")).isEqualTo(theirs.flow().value());
        assertThat(reply.text()).doesNotContain("authorize_url", "as.example/authorize");
        String other = "/api/mcp/client/" + link.client() + "/reauthorize?link_for=anyone";
        assertThat(reply.text("/error/message")).contains(other);
        api.post(other).send().hasStatus(200);
        assertThat(executeTool("github-echo").text(at + "link_for")).isEqualTo("anyone");
    }

    @ParameterizedTest
    @EnumSource(Problem.Code.class)
    void failureOfTheServerIsABadOrSlowGateway(Problem.Code code) {
        api.mooring.connect("github");
        api.mooring
                .connector()
                .calls()
                .next(new CallAnswer.Failed(new Problem(code, "mcp.example is not well")));

        int status =
                switch (code.blame()) {
                    case REFUSED, BROKEN -> 502;
                    case SLOW -> 504;
                    case NOBODY -> 409;
                };
        executeTool("github-echo").failsWith(status, code.word());
    }

    private ApiReply executeTool(String name) {
        return execute("{\"function\":{\"name\":\"" + name + "\"}}");
    }

    private ApiReply execute(String body) {
        return api.post("/v1/mcp/tool/execute").json(body).send();
    }
}
