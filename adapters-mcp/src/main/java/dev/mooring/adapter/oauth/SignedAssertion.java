package dev.mooring.adapter.oauth;

import com.nimbusds.common.contenttype.ContentType;
import com.nimbusds.jwt.SignedJWT;
import com.nimbusds.oauth2.sdk.ParseException;
import com.nimbusds.oauth2.sdk.SerializeException;
import com.nimbusds.oauth2.sdk.auth.ClientAuthentication;
import com.nimbusds.oauth2.sdk.auth.ClientAuthenticationMethod;
import com.nimbusds.oauth2.sdk.http.HTTPRequest;
import com.nimbusds.oauth2.sdk.id.ClientID;
import com.nimbusds.oauth2.sdk.util.URLUtils;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** RFC 7523 section 2.2, with any signature: Nimbus' own class does not take EdDSA. */
final class SignedAssertion extends ClientAuthentication {
    private static final String TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

    private final SignedJWT assertion;

    SignedAssertion(ClientID clientId, SignedJWT assertion) {
        super(ClientAuthenticationMethod.PRIVATE_KEY_JWT, clientId);
        this.assertion = assertion;
    }

    @Override
    public Set<String> getFormParameterNames() {
        return Set.of("client_assertion_type", "client_assertion");
    }

    @Override
    public void applyTo(HTTPRequest request) {
        try {
            request.ensureEntityContentType(ContentType.APPLICATION_URLENCODED);
            Map<String, List<String>> form = new LinkedHashMap<>(request.getBodyAsFormParameters());
            form.put("client_assertion_type", List.of(TYPE));
            form.put("client_assertion", List.of(assertion.serialize()));
            request.setBody(URLUtils.serializeParameters(form));
        } catch (ParseException e) {
            throw new SerializeException("A request of ours is no form", e);
        }
    }
}
