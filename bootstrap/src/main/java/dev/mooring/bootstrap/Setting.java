package dev.mooring.bootstrap;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * Every setting there is. In the environment it is {@code MOORING_<NAME>}; in {@code
 * application.yaml} it is a key below {@code mooring}, in lower case with hyphens.
 */
enum Setting {
    HOST("127.0.0.1", "where the API listens"),
    PORT("8080", "port of the API"),
    ADMIN_HOST("127.0.0.1", "where health and metrics listen"),
    ADMIN_PORT("8081", "port of health and metrics"),
    PUBLIC_URL(
            "http://localhost:<port>",
            "base URL by which browsers reach the API; the redirect URI is below it"),
    CONNECTIONS("4096", "connections that callers may have open at a time, on each port"),
    CONCURRENT_REQUESTS("512", "requests worked on at a time; health is not counted"),
    QUEUED_REQUESTS("1024", "requests that wait for their turn; the next one is answered with 503"),
    RATE_LIMIT(
            "5000",
            "requests per second that the holder of one credential may send, then 429; 0: no"
                    + " limit"),
    RATE_BURST("<twice the rate limit>", "requests that it may send at once after a pause"),
    ADDRESS_RATE_LIMIT(
            "200",
            "requests per second that one address may send without a credential that counts, five"
                    + " times as many at once after a pause, then 429; 0: no limit"),
    TRUSTED_PROXIES(
            "",
            "addresses and CIDR blocks, with commas between, of the proxies before us: who they"
                    + " say called them is the caller"),
    TRUSTED_PROXY_HEADER(
            "X-Forwarded-For", "where they say so; or Forwarded (RFC 7239), of which they know"),
    DATABASE_URL("", "JDBC URL of a PostgreSQL 14 or newer; absent: an embedded PostgreSQL 18"),
    DATABASE_USER("", "user of that database"),
    DATABASE_PASSWORD("", "password of that user"),
    DATABASE_CONNECTIONS("10", "most connections to the database at a time"),
    DATA_DIR(
            "${XDG_DATA_HOME:-~/.local/share}/mooring",
            "where the embedded database and the generated encryption key live"),
    ADMIN_KEY("", "taken as the admin key on the first start of an empty store"),
    ENCRYPTION_KEY_FILE(
            "<data dir>/encryption-keys, made at the first start",
            "file of the keys that encrypt secrets at rest; with an external database this or one"
                    + " of the next two is required"),
    ENCRYPTION_KEYS("", "these keys themselves, separated by commas"),
    ENCRYPTION_KEY_COMMAND(
            "",
            "program, with arguments separated by blanks and without a shell, that prints these"
                    + " keys"),
    OUTBOUND_ALLOW("", "hosts and networks that may be private, loopback or plain http"),
    OUTBOUND_PROXY("", "http://host:port of a proxy for all other outbound calls"),
    OUTBOUND_PROXY_CONNECTS_BY_NAME(
            "false", "true: the proxy resolves names, and the guard is the proxy's"),
    OUTBOUND_PROXY_USER("", "what we call ourselves to a proxy that asks (HTTP Basic)"),
    OUTBOUND_PROXY_PASSWORD("", "and prove ourselves by"),
    OUTBOUND_CA_FILE("", "PEM file of an authority to trust besides the usual ones"),
    CLIENT_NAME("Mooring", "how consent pages call us"),
    CLIENT_METADATA_URL(
            "<public url>/.well-known/oauth-client if that is https",
            "URL of our Client ID Metadata Document, which is our client id"),
    CLIENT_PRIVATE_KEY_FILE(
            "",
            "PEM file (PKCS #8; RSA, or EC on P-256) of the key that proves us by private_key_jwt"
                    + " wherever that document is our client id; the same on all nodes"),
    ASSERTION_DIR("", "directory of the files that oauth_config.assertion_file may name"),
    OIDC_ISSUER("", "OpenID Connect issuer whose users may call the API"),
    OIDC_AUDIENCE("<client id>", "audience that its tokens must name"),
    OIDC_CLIENT_ID("", "our client id there, for browser sign-in"),
    OIDC_CLIENT_SECRET("", "our client secret there, for browser sign-in"),
    AUDIT_RETENTION_DAYS("400", "how many days the audit trail is kept"),
    LOG_LEVEL("info", "error, warning, info or debug"),
    LOG_FORMAT("json", "json or text");

    private static final String ENVIRONMENT_PREFIX = "MOORING_";

    private final String standard;
    private final String description;

    Setting(String standard, String description) {
        this.standard = standard;
        this.description = description;
    }

    /** Its name in the environment. */
    String variable() {
        return ENVIRONMENT_PREFIX + name();
    }

    /** Its key in {@code application.yaml}. */
    String key() {
        return "mooring." + name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** What holds when nothing is said, for a person. */
    String standard() {
        return standard;
    }

    String description() {
        return description;
    }

    static Optional<Setting> ofKey(String key) {
        return Arrays.stream(values()).filter(setting -> setting.key().equals(key)).findFirst();
    }

    static Optional<Setting> ofVariable(String variable) {
        return Arrays.stream(values())
                .filter(setting -> setting.variable().equals(variable))
                .findFirst();
    }

    static boolean isOurs(String variable) {
        return variable.startsWith(ENVIRONMENT_PREFIX);
    }
}
