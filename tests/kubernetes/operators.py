"""What this product uses of the two operators' resources, as their references describe it.

Written from the references of RabbitMQ's cluster operator (rabbitmq.com/v1beta1) and MongoDB's
community operator (mongodbcommunity.mongodb.com/v1), in words of our own and stricter than theirs:
a field that is not here is refused, so that a slip of the keyboard is found offline. What is newly
used is looked up there and added here.
"""

from __future__ import annotations

from typing import Any, Final

Schema = dict[str, Any]


def _object(required: str = "", **properties: Schema) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": required.split(),
        "additionalProperties": False,
    }


def _list(of: Schema) -> Schema:
    return {"type": "array", "items": of}


TEXT: Final[Schema] = {"type": "string", "minLength": 1}
OBJECT: Final[Schema] = {"type": "object"}
"""A piece of a pod: the schema of pods says what may be in it."""
QUANTITY: Final[Schema] = {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?(m|Ki|Mi|Gi|Ti)?$"}
AMOUNTS: Final[Schema] = {"type": "object", "additionalProperties": QUANTITY}
SECRET: Final = _object("name", name=TEXT, key=TEXT)
ROLE: Final = _object("name db", name=TEXT, db=TEXT)
NAME_OF_A_SECRET: Final[Schema] = {"type": "string", "pattern": r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"}

RABBITMQ: Final = _object(
    "replicas",
    # An even number of nodes has no use for the last of them.
    replicas={"type": "integer", "enum": [1, 3, 5, 7]},
    image=TEXT,
    persistence=_object(storage=QUANTITY, storageClassName=TEXT),
    resources=_object(requests=AMOUNTS, limits=AMOUNTS),
    affinity=OBJECT,
    rabbitmq=_object(additionalConfig=TEXT, additionalPlugins=_list(TEXT)),
)

MONGODB: Final = _object(
    "type members version security users",
    type={"const": "ReplicaSet"},
    members={"type": "integer", "enum": [1, 3, 5, 7]},
    version={"type": "string", "pattern": r"^\d+\.\d+\.\d+$"},
    security=_object(
        "authentication",
        authentication=_object("modes", modes=_list({"enum": ["SCRAM", "SCRAM-SHA-256"]})),
        roles=_list(
            _object(
                "role db privileges",
                role=TEXT,
                db=TEXT,
                roles=_list(ROLE),
                privileges=_list(
                    _object(
                        "resource actions",
                        resource=_object("db collection", db=TEXT, collection={"type": "string"}),
                        actions=_list(TEXT),
                    )
                ),
            )
        ),
    ),
    users=_list(
        _object(
            "name db passwordSecretRef roles scramCredentialsSecretName",
            name=TEXT,
            db=TEXT,
            passwordSecretRef=SECRET,
            scramCredentialsSecretName=NAME_OF_A_SECRET,
            connectionStringSecretName=NAME_OF_A_SECRET,
            roles=_list(ROLE),
        )
    ),
    statefulSet=_object("spec", spec=OBJECT),
)

SPECS: Final = {
    ("rabbitmq.com/v1beta1", "RabbitmqCluster"): RABBITMQ,
    ("mongodbcommunity.mongodb.com/v1", "MongoDBCommunity"): MONGODB,
}
