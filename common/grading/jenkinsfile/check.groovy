// What a Jenkinsfile may say: names of sections and steps, and what Jenkins' own sandbox refuses.
import org.codehaus.groovy.ast.ClassCodeVisitorSupport
import org.codehaus.groovy.ast.ClassNode
import org.codehaus.groovy.ast.MethodNode
import org.codehaus.groovy.ast.expr.*
import org.codehaus.groovy.classgen.GeneratorContext
import org.codehaus.groovy.control.CompilePhase
import org.codehaus.groovy.control.SourceUnit
import org.codehaus.groovy.control.customizers.CompilationCustomizer

class Names {
    static final List PIPELINE = ['agent', 'environment', 'options', 'parameters', 'triggers', 'tools', 'stages', 'post']
    static final List STAGE = ['agent', 'environment', 'options', 'when', 'tools', 'steps', 'stages', 'parallel', 'post', 'failFast']
    static final List AGENTS = ['label', 'node', 'docker', 'dockerfile', 'kubernetes']
    static final List POST = ['always', 'changed', 'fixed', 'regression', 'aborted', 'failure', 'success', 'unstable', 'unsuccessful', 'cleanup']
    static final List BAD = ['UNSTABLE', 'FAILURE', 'NOT_BUILT', 'ABORTED']
    static final Map POST_STATUS = [ // the build before this one went well, as far as anybody knows
        always: ['SUCCESS'] + BAD, changed: BAD, fixed: [], regression: BAD, aborted: ['ABORTED'], failure: ['FAILURE'],
        success: ['SUCCESS'], unstable: ['UNSTABLE'], unsuccessful: BAD, cleanup: ['SUCCESS'] + BAD]
    static final List OPTIONS = [
        'timeout', 'retry', 'timestamps', 'buildDiscarder', 'disableConcurrentBuilds', 'skipDefaultCheckout', 'ansiColor',
        'skipStagesAfterUnstable', 'disableResume', 'durabilityHint', 'preserveStashes', 'quietPeriod', 'parallelsAlwaysFailFast',
        'newContainerPerStage', 'overrideIndexTriggers', 'rateLimitBuilds', 'checkoutToSubdirectory']
    static final List TRIGGERS = ['cron', 'pollSCM', 'upstream', 'githubPush']
    static final List PARAMETERS = ['string', 'text', 'booleanParam', 'choice', 'password', 'file']
    static final List WHEN = ['branch', 'expression', 'environment', 'not', 'allOf', 'anyOf', 'beforeAgent', 'beforeInput', 'beforeOptions']
    static final List BLOCKS = [
        'pipeline', 'script', 'node', 'timestamps', 'ansiColor', 'stage', 'dir', 'withEnv', 'withCredentials', 'timeout', 'retry',
        'waitUntil', 'parallel', 'catchError', 'warnError']
    static final List ACTIONS = [
        'sh', 'bat', 'echo', 'error', 'unstable', 'sleep', 'pwd', 'isUnix', 'readFile', 'writeFile', 'fileExists', 'deleteDir',
        'cleanWs', 'git', 'checkout', 'scmGit', 'gitSCM', 'properties', 'archiveArtifacts', 'archive', 'stash', 'unstash', 'junit']
    static final List VALUES = ['usernamePassword', 'usernameColonPassword', 'sshUserPrivateKey', 'string', 'file', 'credentials',
        'logRotator', 'parameters', 'pipelineTriggers', 'buildDiscarder', 'booleanParam', 'choice', 'text', 'cron', 'pollSCM']
    static final List STEPS = BLOCKS + ACTIONS
    static final Set KNOWN = (PIPELINE + STAGE + AGENTS + POST + OPTIONS + TRIGGERS + PARAMETERS + WHEN + STEPS + VALUES +
        ['image', 'args', 'filename', 'reuseNode', 'println', 'print', 'call', 'inputs', 'extensions']) as Set

    // Ways from a Jenkinsfile to the machine it runs on.
    static final Set UNSAFE = ['class', 'classLoader', 'metaClass', 'getClass', 'getMetaClass', 'setMetaClass', 'execute', 'evaluate',
        'invokeMethod', 'forName', 'newInstance', 'exit', 'halt', 'binding', 'getBinding', 'setBinding',
        'setProperty', 'getProperty', 'rawBuild', 'owner', 'delegate', 'thisObject', 'getAt', 'putAt', 'run', 'asType', 'loadClass'] as Set
    static final Set PRIMITIVES = ['boolean', 'int', 'long', 'double', 'void', 'groovy.lang.Closure', 'java.lang.Number'] as Set
    static final Set TYPES = ['java.lang.String', 'java.lang.Object', 'java.lang.Integer', 'java.lang.Long', 'java.lang.Double',
        'java.lang.Boolean', 'java.lang.Math', 'java.lang.Exception', 'java.lang.RuntimeException', 'java.lang.Throwable',
        'java.lang.StringBuilder', 'java.util.Date', 'java.util.List', 'java.util.Map', 'java.util.ArrayList', 'java.util.HashMap',
        'java.util.LinkedHashMap', 'java.util.Set', 'java.util.HashSet', 'java.math.BigDecimal', 'java.text.SimpleDateFormat',
        'groovy.json.JsonOutput', 'groovy.json.JsonSlurper', 'groovy.json.JsonSlurperClassic', 'groovy.transform.Field'] as Set
}

class Check extends CompilationCustomizer {
    Check() { super(CompilePhase.SEMANTIC_ANALYSIS) }

    void call(SourceUnit source, GeneratorContext context, ClassNode node) {
        source.AST.imports.each { if (!(it.className in Names.TYPES)) refuse(it, "import ${it.className}") }
        (source.AST.starImports + source.AST.staticImports.values() + source.AST.staticStarImports.values()).each { refuse(it, it.text) }
        if (!node.scriptBody) refuse(node, "class ${node.name}")
        def visitor = new Visitor(source, (node.methods*.name) as Set)
        node.fields.each { it.initialExpression?.visit(visitor) }
        2.times { // the variables first: a closure may be called above the line that names it
            node.methods.findAll { it.lineNumber > 0 || it.name == 'run' }.each { visitor.visitMethod(it) }
            visitor.namesAreKnown = true
        }
    }

    static void refuseType(node, type) {
        if (type.isArray()) refuseType(node, type.componentType)
        else if (!(type.name in Names.TYPES) && !(type.name in Names.PRIMITIVES)) refuse(node, type.name)
    }

    static void refuse(node, String what) {
        throw new Refusal("line ${node.lineNumber}: '$what' is refused, as by the sandbox of Jenkins")
    }
}

class Visitor extends ClassCodeVisitorSupport {
    final SourceUnit source
    final Set own
    boolean namesAreKnown

    Visitor(SourceUnit source, Set own) {
        this.source = source
        this.own = own
    }

    protected SourceUnit getSourceUnit() { source }

    void visitDeclarationExpression(DeclarationExpression declaration) {
        if (!declaration.multipleAssignmentDeclaration) {
            own << declaration.variableExpression.name
            Check.refuseType(declaration, declaration.variableExpression.type) // `File f = ['/etc']` makes one
        }
        super.visitDeclarationExpression(declaration)
    }

    void visitBinaryExpression(BinaryExpression binary) {
        if (binary.operation.text == '=' && binary.leftExpression instanceof VariableExpression) own << binary.leftExpression.name
        if (binary.operation.text == '[' && binary.rightExpression.text in Names.UNSAFE) Check.refuse(binary, binary.text)
        super.visitBinaryExpression(binary)
    }

    void visitMethodCallExpression(MethodCallExpression call) {
        def name = call.methodAsString
        if (name == null || name in Names.UNSAFE) Check.refuse(call, call.text)
        if (namesAreKnown && call.implicitThis && !(name in Names.KNOWN) && !(name in own) && !(name in Build.options.idle))
            throw new Refusal("line ${call.lineNumber}: '$name' is no section and no step of Jenkins' own")
        super.visitMethodCallExpression(call)
    }

    void visitPropertyExpression(PropertyExpression property) {
        if (property.propertyAsString == null || property.propertyAsString in Names.UNSAFE) Check.refuse(property, property.text)
        super.visitPropertyExpression(property)
    }

    void visitCastExpression(CastExpression cast) {
        Check.refuseType(cast, cast.type)
        super.visitCastExpression(cast)
    }

    void visitAttributeExpression(AttributeExpression attribute) { Check.refuse(attribute, attribute.text) }

    void visitMethodPointerExpression(MethodPointerExpression pointer) { Check.refuse(pointer, pointer.text) }

    void visitStaticMethodCallExpression(StaticMethodCallExpression call) {
        if (!(call.ownerType.name in Names.TYPES)) Check.refuse(call, call.text)
        super.visitStaticMethodCallExpression(call)
    }

    void visitClassExpression(ClassExpression expression) {
        Check.refuseType(expression, expression.type)
    }

    void visitConstructorCallExpression(ConstructorCallExpression call) {
        Check.refuseType(call, call.type)
        super.visitConstructorCallExpression(call)
    }
}
