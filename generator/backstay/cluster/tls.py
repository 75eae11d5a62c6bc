"""The TLS settings of a kubeconfig's context, as Python's ssl module wants them."""

import os
import ssl
import tempfile
from pathlib import Path

from backstay.cluster.kubeconfig import Entry
from backstay.cluster.login import Login
from backstay.core.failure import CannotTell

_HELP = "renew the kubeconfig with the login tool of your cluster"


def tls_context(cluster: Entry, who: Login) -> ssl.SSLContext:
    """What to trust and what to show; CannotTell when a certificate or key in the kubeconfig is unusable."""
    context = _trusting(cluster)
    if who.certificate:
        _show(context, who)
    return context


def _trusting(cluster: Entry) -> ssl.SSLContext:
    authority = cluster.pem("certificate-authority")
    try:
        context = ssl.create_default_context(cadata=authority or None)
    except (ssl.SSLError, ValueError) as wrong:
        raise CannotTell("the kubeconfig's certificate-authority holds no certificate", _HELP) from wrong
    if cluster.value.get("insecure-skip-tls-verify") is True:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _show(context: ssl.SSLContext, who: Login) -> None:
    """Load the client's certificate and key, which Python takes from a file only."""
    descriptor, name = tempfile.mkstemp(prefix="backstay-")  # readable by its owner only
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(f"{who.certificate}\n{who.key}\n")
        # without a password function, an encrypted key would be asked about on the terminal
        context.load_cert_chain(name, password=lambda: "")
    except (ssl.SSLError, ValueError) as wrong:
        raise CannotTell("the kubeconfig's client certificate and key cannot be used", _HELP) from wrong
    finally:
        Path(name).unlink(missing_ok=True)
