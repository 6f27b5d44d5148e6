package dev.mooring.domain.client;

import dev.mooring.domain.oauth.Assertion;

/** How a client comes by its grant: the {@code grant_type} of the HTTP contract. */
public sealed interface GrantFlow {
    String AUTHORIZATION_CODE = "authorization_code";
    String CLIENT_CREDENTIALS = "client_credentials";
    String JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer";

    /** The registered name of the grant type. */
    String grantType();

    /**
     * Whether a grant of this flow may go on under {@code other}. What was entered afresh in the
     * place of what has a short life, such as an assertion, is for the next request.
     */
    boolean keepsGrantUnder(GrantFlow other);

    /** A person consents in a browser (RFC 6749 section 4.1). */
    record AuthorizationCode() implements GrantFlow {
        @Override
        public String grantType() {
            return AUTHORIZATION_CODE;
        }

        @Override
        public boolean keepsGrantUnder(GrantFlow other) {
            return other instanceof AuthorizationCode;
        }
    }

    /** No person is needed: we ask the token endpoint, as often as we like. */
    sealed interface Unattended extends GrantFlow {}

    /** Our client acts for itself (RFC 6749 section 4.4). */
    record ClientCredentials() implements Unattended {
        @Override
        public String grantType() {
            return CLIENT_CREDENTIALS;
        }

        @Override
        public boolean keepsGrantUnder(GrantFlow other) {
            return other instanceof ClientCredentials;
        }
    }

    /** The platform that we run on says who we are (RFC 7523 section 2.1, workload identity). */
    record WorkloadIdentity(AssertionSource source) implements Unattended {
        @Override
        public String grantType() {
            return JWT_BEARER;
        }

        @Override
        public boolean keepsGrantUnder(GrantFlow other) {
            return other instanceof WorkloadIdentity workload
                    && (source.equals(workload.source)
                            || (source instanceof AssertionSource.Entered
                                    && workload.source instanceof AssertionSource.Entered));
        }
    }

    /** An enterprise's identity provider says for whom we act (MCP, identity assertion grant). */
    record EnterpriseManaged(IdentityProvider provider) implements Unattended {
        @Override
        public String grantType() {
            return JWT_BEARER;
        }

        @Override
        public boolean keepsGrantUnder(GrantFlow other) {
            return other instanceof EnterpriseManaged managed
                    && provider.keepsGrantUnder(managed.provider);
        }
    }

    /** Where a workload's assertion comes from. */
    sealed interface AssertionSource {
        /** An operator entered it, and enters another before it ends, which the grant outlives. */
        record Entered(Assertion assertion) implements AssertionSource {}

        /** Read anew for each request, as platforms replace it before it ends. */
        record InFile(AssertionFile file) implements AssertionSource {}
    }
}
