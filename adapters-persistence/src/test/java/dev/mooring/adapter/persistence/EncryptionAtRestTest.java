package dev.mooring.adapter.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.mooring.application.port.StoresUnderTest;
import dev.mooring.domain.client.ClientName;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

class EncryptionAtRestTest {

    @RegisterExtension static final TestDatabase DATABASE = new TestDatabase();

    private static final String COLUMNS_OF_TYPE =
            """
            select table_name || '.' || column_name from information_schema.columns
            where table_schema = 'public' and data_type = 'bytea' order by 1
            """;

    private static final String TABLES =
            """
            select table_name from information_schema.tables
            where table_schema = 'public' and table_name <> 'mooring_schema_history'
            """;

    @Test
    void noSecretIsFoundInAnyColumnOfAnyTable() {
        try (TestStores stores = TestStores.open(DATABASE)) {
            FilledStores filled = new FilledStores(stores.emptied());
            filled.secrets().add(stores.persistence().sharedSecret("test"));
            assertThat(filled.secrets()).hasSizeGreaterThan(20);
            for (String table : stores.query(TABLES)) {
                List<String> rows = stores.query("select cast(t as text) from " + table + " t");
                assertThat(rows).as(table).isNotEmpty();
                String all = String.join("\n", rows);
                String unhexed = all + "\n" + unhex(all);
                for (String secret : filled.secrets()) {
                    assertThat(forms(secret)).as(table).noneMatch(unhexed::contains);
                }
            }
        }
    }

    @Test
    void theSearchForSecretsWouldFindThem() {
        assertThat(forms("tell-tale")).anyMatch("a, tell-tale, b"::contains);
        assertThat(forms("tell-tale"))
                .anyMatch(unhex("(1,\"\\\\x0074656c6c2d74616c65ff\")")::contains);
    }

    @Test
    void everyColumnOfBytesIsKnownToTheChangeOfKeys() {
        try (TestStores stores = TestStores.open(DATABASE)) {
            List<String> sealed =
                    Stream.concat(
                                    Arrays.stream(SealedColumn.values())
                                            .map(SealedColumn::toString),
                                    Stream.of("encryption_key.fingerprint"))
                            .sorted()
                            .toList();
            assertThat(stores.query(COLUMNS_OF_TYPE)).isEqualTo(sealed);
        }
    }

    @Test
    void aSealedSecretThatWasCopiedToAnotherRowIsNotOpened() {
        try (TestStores stores = TestStores.open(DATABASE)) {
            StoresUnderTest all = stores.emptied();
            new FilledStores(all);
            stores.execute(
                    """
                    update mcp_client set oauth_client_secret = (
                        select oauth_client_secret from mcp_client where name = 'everything')
                    where name = 'connected'
                    """);
            assertThatThrownBy(() -> all.clients().find(new ClientName("connected")))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("mcp_client.oauth_client_secret of id_of_connected");
        }
    }

    /** As it is, and as somebody might have encoded it. */
    private static List<String> forms(String secret) {
        byte[] bytes = secret.getBytes(UTF_8);
        return List.of(
                secret,
                HexFormat.of().formatHex(bytes),
                Base64.getEncoder().withoutPadding().encodeToString(bytes),
                Base64.getUrlEncoder().withoutPadding().encodeToString(bytes));
    }

    /** What the bytes columns, which PostgreSQL prints in hexadecimal, hold as text. */
    private static String unhex(String text) {
        StringBuilder all = new StringBuilder();
        for (String part : text.split("\\\\x", -1)) {
            String hex = part.replaceFirst("(?s)[^0-9a-f].*", "");
            if (hex.length() % 2 == 0) {
                all.append(new String(HexFormat.of().parseHex(hex), ISO_8859_1)).append('\n');
            }
        }
        return all.toString();
    }
}
