# Sourced in the image's build stage: trust docker/ca-bundle.crt where there is one.
if [ -f /tmp/docker/ca-bundle.crt ]; then
  export SSL_CERT_FILE=/tmp/docker/ca-bundle.crt PIP_CERT=/tmp/docker/ca-bundle.crt
  export NODE_EXTRA_CA_CERTS=/tmp/docker/ca-bundle.crt
fi
