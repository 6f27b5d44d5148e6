package dev.mooring.adapter.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.application.fixture.SigningKeys;
import dev.mooring.application.port.ScriptedTokenEndpoint;
import dev.mooring.application.port.TokenEndpoint.Answer;
import dev.mooring.domain.client.AssertionFile;
import dev.mooring.domain.oauth.Assertion;
import dev.mooring.domain.oauth.OAuthError;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.time.Duration;

/** Clients for whose grant nobody has to consent. */
abstract class UnattendedOperations extends Operations {
    private static final String JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer";
    private static final String SECRET =
            "\"grant_type\":\"client_credentials\",\"client_id\":\"c\",\"client_secret\":\"s3cr3t\"";

    @Test
    void clientThatActsForItselfIsConnectedAtOnce() {
        ApiReply reply = post(SECRET).hasStatus(200);

        assertThat(reply.text("/status")).isEqualTo("success");
        assertThat(reply.text("/message")).isEqualTo("MCP client connected successfully");
        ApiReply shown = show();
        assertThat(shown.text("/state")).isEqualTo("connected");
        assertThat(shown.text("/config/oauth_config/grant_type")).isEqualTo("client_credentials");
        assertThat(shown.text("/config/oauth_config/client_secret")).isEqualTo("[redacted]");
        assertThat(shown.text("/authorization/status")).isEqualTo("authorized");
        assertThat(shown.json().at("/credential/refreshable").asBoolean()).isFalse();
    }

    @Test
    void nothingIsStoredWhenTheGrantIsRefused() {
        refuseNext("invalid_client");
        post(SECRET).failsWith(422, "grant_refused");
        api.get("/api/mcp/client/machine").send().failsWith(404, "client_not_found");
    }

    @Test
    void keyIsTakenAndNeverShown() {
        post(signing(SigningKeys.pem(SigningKeys.pair("EC", 256))) + ",\"private_key_id\":\"k1\"")
                .hasStatus(200);

        ApiReply shown = show();
        assertThat(shown.text("/config/oauth_config/private_key_pem")).isEqualTo("[redacted]");
        assertThat(shown.text("/config/oauth_config/private_key_id")).isEqualTo("k1");
        assertThat(shown.text()).doesNotContain("PRIVATE KEY");
    }

    @Test
    void keyThatCannotBeReadOrDoesNotFitIsNamed() {
        post(signing("nonsense"))
                .failsWith(400, "invalid_field")
                .blames("oauth_config.private_key_pem");
        post(signing(SigningKeys.pem(SigningKeys.pair("EC", 256)))
                        + ",\"signing_algorithm\":\"RS256\"")
                .failsWith(400, "invalid_field")
                .blames("oauth_config.signing_algorithm");
    }

    @Test
    void workloadsTokenIsNeverShown() {
        post(bearer("\"assertion\":\"the-token\"")).hasStatus(200);
        assertThat(show().text("/config/oauth_config/assertion")).isEqualTo("[redacted]");
    }

    @Test
    void workloadsFileIsNamedAndReadByUs() {
        api.mooring.assertionFiles().put(new AssertionFile("token"), new Assertion("in-the-file"));
        post(bearer("\"assertion_file\":\"token\"")).hasStatus(200);
        assertThat(show().text("/config/oauth_config/assertion_file")).isEqualTo("token");
        assertThat(show().text()).doesNotContain("in-the-file");

        post(bearer("\"assertion_file\":\"missing\"").replace("\"c\"", "\"d\""))
                .failsWith(409, "already_taken");
    }

    @Test
    void withoutADirectoryNoFileCanBeNamed() {
        api.mooring.assertionFiles().withdraw();
        post(bearer("\"assertion_file\":\"token\""))
                .failsWith(400, "invalid_field")
                .blames("oauth_config.assertion_file");
    }

    @Test
    void identityProviderIsShownWithoutItsSecretsAndPatchedByMember() {
        post(bearer(
                        """
                        "client_secret":"s","identity_provider":{"issuer":"https://idp.example",
                        "client_id":"at-the-idp","client_secret":"idp-s3cr3t",
                        "subject_token":"the-id-token"}\
                        """))
                .hasStatus(200);

        ApiReply shown = show();
        String provider = "/config/oauth_config/identity_provider";
        assertThat(shown.text(provider + "/client_secret")).isEqualTo("[redacted]");
        assertThat(shown.text(provider + "/subject_token")).isEqualTo("[redacted]");
        assertThat(shown.text(provider + "/subject_token_type"))
                .isEqualTo("urn:ietf:params:oauth:token-type:id_token");
        assertThat(shown.text()).doesNotContain("s3cr3t").doesNotContain("the-id-token");

        put("{\"oauth_config\":{\"identity_provider\":{\"subject_token\":\"another\"}}}")
                .hasStatus(200);
        // The grant is kept; what was entered afresh is for the next request.
        api.mooring.clock().advance(ScriptedTokenEndpoint.TOKEN_LIFETIME);
        execute().hasStatus(200);
        assertThat(api.mooring.tokenEndpoint().exchanges().last().subjectToken().value())
                .isEqualTo("another");
        put("{\"oauth_config\":{\"identity_provider\":{\"issuer\":\"https://evil.example\"}}}")
                .failsWith(422, "settings_conflict")
                .blames("oauth_config.identity_provider.client_secret");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    "grant_type":"password"                                        | oauth_config.grant_type
                    "grant_type":"client_credentials"                              | oauth_config.client_id
                    "grant_type":"client_credentials","client_id":"c"              | oauth_config.client_secret
                    "assertion":"a"                                                | oauth_config.assertion
                    "assertion_file":"a"                                           | oauth_config.assertion_file
                    "identity_provider":{}                                         | oauth_config.identity_provider
                    "signing_algorithm":"ES256"                                    | oauth_config.signing_algorithm
                    "private_key_id":"k"                                           | oauth_config.private_key_id
                    "token_endpoint_auth_method":"private_key_jwt"                 | oauth_config.private_key_pem
                    """)
    void settingsThatContradictTheGrantTypeAreNamed(String oauth, String field) {
        post(oauth).failsWith(400, "invalid_field").blames(field);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    "assertion":"a b"                                      | invalid_field | assertion
                    "assertion_file":"../etc/passwd"                       | invalid_field | assertion_file
                    "scopes":[]                                            | invalid_field | assertion
                    "assertion":"a","assertion_file":"b"                   | invalid_field | assertion
                    "authorize_url":"https://as.example/a","assertion":"a" | invalid_field | authorize_url
                    "identity_provider":{}                                 | missing_field | identity_provider.issuer
                    "identity_provider":{"issuer":"x"}                     | invalid_field | identity_provider.issuer
                    """)
    void whatIsWrongAboutAnAssertionIsNamed(String oauth, String code, String field) {
        post(bearer(oauth)).failsWith(400, code).blames("oauth_config." + field);
    }

    @Test
    void refusedRenewalParksTheClientAndSaysWhy() {
        post(SECRET).hasStatus(200);
        api.mooring.clock().advance(ScriptedTokenEndpoint.TOKEN_LIFETIME);
        refuseNext("invalid_client");

        ApiReply refused = execute().failsWith(400, "grant_missing");
        assertThat(refused.text("/error/message")).contains("grant_refused");
        ApiReply shown = show();
        assertThat(shown.text("/state")).isEqualTo("needs_reauth");
        assertThat(shown.text("/reauthorization/cause")).isEqualTo("grant_refused");
        assertThat(shown.text("/reauthorization/error")).isEqualTo("invalid_client");

        refuseNext("invalid_client");
        api.post("/api/mcp/client/machine/complete-oauth").send().failsWith(500, "grant_refused");
        // Whoever asks whether it is done by now does not make us ask.
        api.post("/api/mcp/client/machine/complete-oauth").send().failsWith(500, "grant_refused");
        api.mooring.clock().advance(Duration.ofMinutes(1));
        api.post("/api/mcp/client/machine/complete-oauth").send().hasStatus(200);
        execute().hasStatus(200);
    }

    @Test
    void reauthorizingNeedsNoPerson() {
        post(SECRET).hasStatus(200);
        ApiReply again = api.post("/api/mcp/client/machine/reauthorize").send().hasStatus(200);
        assertThat(again.text("/status")).isEqualTo("success");

        refuseNext("unauthorized_client");
        api.post("/api/mcp/client/machine/reauthorize").send().failsWith(422, "grant_refused");
        put("{\"disabled\":true}").hasStatus(200);
        api.post("/api/mcp/client/machine/reauthorize").send().failsWith(400, "not_connectable");
    }

    @Test
    void editThatMendsTheSecretConnects() {
        post(SECRET).hasStatus(200);
        api.mooring.clock().advance(ScriptedTokenEndpoint.TOKEN_LIFETIME);
        refuseNext("invalid_client");
        execute().failsWith(400, "grant_missing");

        ApiReply edited = put("{\"oauth_config\":{\"client_secret\":\"mended\"}}").hasStatus(200);
        assertThat(edited.text("/status")).isEqualTo("success");
        assertThat(edited.text("/state")).isEqualTo("connected");
    }

    private void refuseNext(String error) {
        api.mooring
                .tokenEndpoint()
                .directRequests()
                .next(new Answer.Refused(new OAuthError(error)));
    }

    private static String signing(String pem) {
        return "\"grant_type\":\"client_credentials\",\"client_id\":\"c\",\"private_key_pem\":\""
                + pem.replace("\n", "\\n")
                + "\"";
    }

    private static String bearer(String rest) {
        return "\"grant_type\":\"" + JWT_BEARER + "\",\"client_id\":\"c\"," + rest;
    }

    private ApiReply post(String oauth) {
        return api.post("/api/mcp/client")
                .json(
                        "{\"client_id\":\"machine\",\"name\":\"machine\",\"connection_type\":\"http\","
                            + "\"connection_string\":\"https://mcp.example/mcp\",\"oauth_config\":{"
                                + oauth
                                + "}}")
                .send();
    }

    private ApiReply put(String patch) {
        return api.put("/api/mcp/client/machine").json(patch).send();
    }

    private ApiReply show() {
        return api.get("/api/mcp/client/machine").send().hasStatus(200);
    }

    private ApiReply execute() {
        return api.post("/v1/mcp/tool/execute")
                .json("{\"function\":{\"name\":\"machine-echo\"}}")
                .send();
    }
}
