"""An identity provider on pysaml2, driven line by line: one JSON object in, one out. It shows no page and fetches nothing."""

import base64
import json
import logging
import sys

from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT
from saml2.config import IdPConfig
from saml2.metadata import entity_descriptor
from saml2.saml import NAMEID_FORMAT_PERSISTENT, NameID
from saml2.server import Server
from saml2.sigver import security_context, verify_redirect_signature
from saml2.xmldsig import DIGEST_SHA256, SIG_RSA_SHA256

DESCRIPTOR = "urn:oasis:names:tc:SAML:2.0:metadata:EntityDescriptor"
BINDINGS = {"redirect": BINDING_HTTP_REDIRECT, "post": BINDING_HTTP_POST}


class IdentityProvider:
    def __init__(self):
        self.given = {}
        self.server = None
        self.sp = None

    def configure(self, **given):
        """entityId, sso, slo, scope, key, certificate (files)."""
        self.given = given
        return {}

    def metadata(self):
        return {"xml": str(entity_descriptor(self._config()))}

    def trust(self, file, certificate):
        """Reads our metadata, whose signature this certificate must verify."""
        config = self._config({"local": [file]})
        with open(file, encoding="utf-8") as text:
            if not security_context(config).verify_signature(text.read(), certificate, node_name=DESCRIPTOR):
                raise ValueError("the metadata's signature does not verify")
        self.server = Server(config=config)
        self.sp = next(iter(self.server.metadata.with_descriptor("spsso")))
        return {"entityId": self.sp}

    def answer(self, message, binding="redirect", parameters=None, name="ada", attributes=None, classRef="", sign="assertion", encrypt=False):
        """Checks an AuthnRequest, and answers it as somebody."""
        if binding == "redirect":
            self._check_redirect(parameters)
        request = self.server.parse_authn_request(message, BINDINGS[binding]).message
        where = self.server.response_args(request, [BINDING_HTTP_POST])
        response = self.server.create_authn_response(
            attributes or {},
            userid=name,
            name_id=NameID(text=name, format=NAMEID_FORMAT_PERSISTENT, sp_name_qualifier=self.sp),
            authn={"class_ref": classRef, "authn_auth": self.given["entityId"]},
            sign_assertion=sign in ("assertion", "both"),
            sign_response=sign in ("response", "both"),
            sign_alg=SIG_RSA_SHA256,
            digest_alg=DIGEST_SHA256,
            encrypt_assertion=encrypt,
            encrypted_advice_attributes=False,
            **where,
        )
        context = request.requested_authn_context
        return {
            "response": base64.b64encode(str(response).encode()).decode(),
            "destination": where["destination"],
            "force": request.force_authn,
            "classes": [one.text for one in context.authn_context_class_ref] if context else [],
        }

    def _config(self, metadata=None):
        given = self.given
        return IdPConfig().load(
            {
                "entityid": given["entityId"],
                "name": "pysaml2",
                "key_file": given["key"],
                "cert_file": given["certificate"],
                "metadata": metadata or {},
                "accepted_time_diff": 5,
                "xmlsec_binary": "/usr/bin/xmlsec1",
                "service": {
                    "idp": {
                        "endpoints": {
                            "single_sign_on_service": [
                                (given["sso"], BINDING_HTTP_REDIRECT),
                                (given["sso"], BINDING_HTTP_POST),
                            ],
                        },
                        "scope": [given["scope"]],
                        "name_id_format": [NAMEID_FORMAT_PERSISTENT],
                        "signing_algorithm": SIG_RSA_SHA256,
                        "digest_algorithm": DIGEST_SHA256,
                        "policy": {"default": {"lifetime": {"minutes": 5}, "name_form": "urn:oasis:names:tc:SAML:2.0:attrname-format:uri"}},
                    }
                },
            }
        )

    def _check_redirect(self, parameters):
        """pysaml2 leaves the signature of the Redirect binding to its caller."""
        crypto = security_context(self.server.config).sec_backend
        for certificate in self.server.metadata.certs(self.sp, "spsso", "signing"):
            if verify_redirect_signature(dict(parameters), crypto, cert=certificate):
                return
        raise ValueError("the query's signature does not verify")


def main():
    logging.disable(logging.CRITICAL)
    provider = IdentityProvider()
    for line in sys.stdin:
        order = json.loads(line)
        try:
            answer = getattr(provider, order.pop("op"))(**order)
        except Exception as error:  # whatever pysaml2 raises is an answer to the test
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


main()
