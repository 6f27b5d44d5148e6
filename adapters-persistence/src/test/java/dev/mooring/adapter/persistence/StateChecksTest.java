package dev.mooring.adapter.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The tables refuse states that are not whole, whoever writes them. */
class StateChecksTest {

    @RegisterExtension static final TestDatabase DATABASE = new TestDatabase();

    private static TestStores stores;

    @BeforeAll
    static void fill() {
        stores = TestStores.open(DATABASE);
        new FilledStores(stores.emptied());
    }

    @AfterAll
    static void close() {
        stores.close();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    pending_oauth | grant_id = 'g'
                    pending_oauth | inventory = '{}'
                    pending_oauth | since = now()
                    pending_oauth | cause = 'revoked'
                    authorized    | grant_id = null
                    authorized    | since = now()
                    authorized    | cause = 'revoked'
                    connected     | inventory = null
                    connected     | since = null
                    connected     | failure_code = 'c', failure_message = 'm', failure_at = now()
                    connected     | cause = 'revoked'
                    disconnected  | since = now()
                    disconnected  | cause = 'revoked'
                    needs_reauth  | grant_id = 'g'
                    needs_reauth  | since = null
                    needs_reauth  | cause = null, cause_error = null, cause_scopes = null
                    needs_reauth  | failure_code = 'c', failure_message = 'm', failure_at = now()
                    authorized    | state = 'disabled'
                    authorized    | state = 'nonsense'
                    """)
    void aClientHasWhatItsStateHasAndNothingElse(String state, String change) {
        refused("mcp_client", "state = '" + state + "'", change, "mcp_client_state");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    true                      | failure_code = null             | mcp_client_failure
                    failure_code is not null  | failure_at = null               | mcp_client_failure
                    cause = 'refresh_refused' | cause_error = null              | mcp_client_cause
                    cause = 'scope_needed'    | cause_scopes = null             | mcp_client_cause
                    cause = 'revoked'         | cause_error = 'e'               | mcp_client_cause
                    cause = 'token_refused'   | cause_scopes = 's'              | mcp_client_cause
                    cause = 'revoked'         | cause = 'nonsense'              | mcp_client_cause
                    auth_type = 'oauth'       | oauth_config_id = null          | mcp_client_oauth
                    auth_type = 'oauth'       | oauth_settings = null           | mcp_client_oauth
                    auth_type = 'none'        | oauth_client_secret = '\\x00'   | mcp_client_oauth
                    auth_type = 'none'        | auth_type = 'nonsense'          | mcp_client_auth_type
                    true                      | transport = 'stdio'             | mcp_client_transport
                    true                      | revision = 0                    | mcp_client_revision
                    """)
    void aClientIsConsistentInItself(String rows, String change, String constraint) {
        refused("mcp_client", rows, change, constraint);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    started    | run_id = 'r'
                    started    | code_digest = 'd'
                    started    | redeeming_since = now()
                    started    | grant_id = 'g'
                    started    | ended_at = now()
                    started    | failure = 'issuer_mismatch'
                    redeeming  | run_id = null
                    redeeming  | code_digest = null
                    redeeming  | redeeming_since = null
                    redeeming  | grant_id = 'g'
                    redeeming  | ended_at = now()
                    redeeming  | failure = 'issuer_mismatch'
                    succeeded  | code_digest = null
                    succeeded  | grant_id = null
                    succeeded  | ended_at = null
                    succeeded  | run_id = 'r'
                    succeeded  | failure = 'issuer_mismatch'
                    failed     | ended_at = null
                    failed     | failure = null, failure_error = null, failure_code = null, failure_message = null
                    failed     | grant_id = 'g'
                    failed     | run_id = 'r'
                    unknown    | code_digest = null
                    unknown    | ended_at = null
                    unknown    | grant_id = 'g'
                    expired    | ended_at = null
                    expired    | code_digest = 'd'
                    superseded | ended_at = null
                    superseded | run_id = 'r'
                    expired    | state = 'nonsense'
                    """)
    void anAttemptHasWhatItsStateHasAndNothingElse(String state, String change) {
        refused(
                "authorization_attempt",
                "state = '" + state + "'",
                change,
                "authorization_attempt_state");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    started   | code_verifier = null
                    started   | issuer = null
                    started   | issuer_in_response = null
                    started   | redirect_uri = null
                    started   | resource = null
                    started   | request_scopes = null
                    started   | registration_id = null
                    started   | token_endpoint = null
                    started   | authorize_url = null
                    redeeming | code_verifier = null
                    redeeming | authorize_url = null
                    succeeded | code_verifier = '\\x00'
                    failed    | authorize_url = '\\x00'
                    unknown   | issuer = 'https://as.example'
                    expired   | registration_id = 'reg_dynamic'
                    """)
    void theRequestAndItsSecretsAreThereUntilTheAttemptEnds(String state, String change) {
        refused(
                "authorization_attempt",
                "state = '" + state + "'",
                change,
                "authorization_attempt_request");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    denied             | failure_error = null
                    denied             | failure_code = 'c'
                    redemption_refused | failure_error = null
                    redemption_failed  | failure_message = null
                    redemption_failed  | failure_error = 'e'
                    issuer_mismatch    | failure_error = 'e'
                    issuer_mismatch    | failure = 'nonsense'
                    """)
    void aFailureSaysWhatItsKindSays(String failure, String change) {
        refused(
                "authorization_attempt",
                "failure = '" + failure + "'",
                change,
                "authorization_attempt_failure");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    kind = 'given'             | entered_for = null               | client_registration_kind
                    kind = 'given'             | secret_expires_at = now()        | client_registration_kind
                    kind = 'metadata_document' | secret_expires_at = now()        | client_registration_kind
                    kind = 'dynamic'           | entered_for = 'id_of_connected'  | client_registration_kind
                    kind = 'dynamic'           | refused_at = now()               | client_registration_refused
                    kind = 'dynamic'           | kind = 'nonsense'                | client_registration_kind
                    id = 'reg_full'            | configuration_endpoint = null    | client_registration_management
                    id = 'reg_dynamic'         | client_secret = null             | client_registration_method
                    """)
    void aRegistrationHasWhatItsKindHas(String rows, String change, String constraint) {
        refused("client_registration", rows, change, constraint);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    oauth_grant     | refresh_token = null        | oauth_grant_refresh_token
                    oauth_grant     | refresh_sent_digest = null  | oauth_grant_refresh
                    oauth_grant     | refresh_run = null, refresh_sent_digest = null, refresh_since = null | oauth_grant_lease
                    oauth_grant     | dpop_required = true, token_type = null | oauth_grant_dpop
                    oauth_grant     | generation = 0              | oauth_grant_generation
                    connection_run  | outcome = 'connected', finished_at = null | connection_run_outcome
                    connection_run  | outcome = 'failed', finished_at = now(), failure_code = null, failure_message = null | connection_run_outcome
                    owed_revocation | client_secret = null        | owed_revocation_method
                    api_key         | role = 'root'               | api_key_role
                    api_key         | narrow_role = 'auditor'     | api_key_narrow_role
                    api_key         | scopes = 'clients:read'     | api_key_scopes
                    """)
    void theOtherTablesRefuseHalvesToo(String table, String change, String constraint) {
        refused(table, "true", change, constraint);
    }

    @Test
    void whatIsUniqueIsUniqueInTheTable() {
        for (String twice :
                new String[] {
                    "update mcp_client set name = 'same'",
                    "update mcp_client set endpoint_slug = 'same'",
                    "update authorization_attempt set state_digest = 'same'",
                    "update authorization_attempt set ordinal = 1",
                    "update connection_run set outcome = null, failure_code = null,"
                            + " failure_message = null, finished_at = null",
                }) {
            assertThatThrownBy(() -> stores.execute(twice))
                    .as(twice)
                    .hasMessageContaining("duplicate key");
        }
    }

    private static void refused(String table, String rows, String change, String constraint) {
        assertThat(stores.query("select 1 from %s where %s".formatted(table, rows)))
                .as("there is a row to change")
                .isNotEmpty();
        assertThatThrownBy(() ->
                        stores.execute("update %s set %s where %s".formatted(table, change, rows)))
                .hasMessageContaining("violates check constraint \"" + constraint);
    }
}
