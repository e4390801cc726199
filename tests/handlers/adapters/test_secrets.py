from botocore.stub import Stubber
from types_boto3_ssm import SSMClient

from handlers.adapters.secrets import TokenSecret


def test_the_secret_is_decrypted_and_asked_for_once(ssm: SSMClient) -> None:
    ssm.put_parameter(Name="/test/secret", Value="first", Type="SecureString")
    secret = TokenSecret(ssm, "/test/secret")
    assert secret() == "first"
    with Stubber(ssm):  # any further request fails
        assert secret() == "first"
