"""Argo's artifact repository: the same block for the controller and for each run namespace."""

from backstay.emit.parts import Body
from backstay.model.parts import Store


def artifact_repository(store: Store) -> Body:
    """`artifactRepository` as Argo reads it: TLS is on unless `insecure`, the endpoint has no scheme."""
    s3: Body = {
        "endpoint": store.endpoint,
        "bucket": store.bucket,
        "region": store.region,
        "insecure": store.secure.to(lambda secure: not secure),
        "keyFormat": store.key_format,
    }
    if store.credentials is None:
        s3["useSDKCreds"] = True
    else:
        secret = store.credentials
        s3["accessKeySecret"] = {"name": secret.name, "key": secret.access_key}
        s3["secretKeySecret"] = {"name": secret.name, "key": secret.secret_key}
    return {"archiveLogs": True, "s3": s3}
